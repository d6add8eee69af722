import { accessSync, chmodSync, constants, statSync, unlinkSync, writeFileSync } from 'node:fs'
import type { PipeFiles } from './host.ts'

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'EINVAL'
}

/**
 * The names of pipes in the file system: an empty file stands where the kernel would put a socket, so that programs which look for
 * it, give it a mode or remove it find what they expect.
 */
export const pipeFiles: PipeFiles = {
  create(path) {
    try {
      writeFileSync(path, '', { flag: 'wx', mode: 0o777 })
      return undefined
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EEXIST') return 'EADDRINUSE'
      // As libuv, which does so for the sake of Windows.
      return code === 'ENOENT' ? 'EACCES' : code
    }
  },
  remove(path) {
    try {
      unlinkSync(path)
    } catch {
      // Somebody else has removed it.
    }
  },
  missing(path) {
    try {
      statSync(path)
      accessSync(path, constants.W_OK)
      return 'ECONNREFUSED'
    } catch (error) {
      return codeOf(error)
    }
  },
  chmod(path, mode) {
    try {
      chmodSync(path, (statSync(path).mode & 0o777) | mode)
      return undefined
    } catch (error) {
      return codeOf(error)
    }
  },
}
