import { accessSync, chmodSync, constants, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { errnoOf } from './errors.ts'
import type { PipeFiles, PipeName } from './host.ts'

function errnoOfThrown(error: unknown): number {
  return errnoOf((error as NodeJS.ErrnoException).code ?? 'EINVAL')
}

/** A name that is an empty file. */
class EmptyFile implements PipeName {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    writeFileSync(path, '', { flag: 'wx', mode: 0o777 })
  }

  listen(): number {
    return 0
  }

  chmod(mode: number): number {
    try {
      const bits = (mode & 1 ? 0o444 : 0) | (mode & 2 ? 0o222 : 0)
      chmodSync(this.#path, (statSync(this.#path).mode & 0o777) | bits)
      return 0
    } catch (error) {
      return errnoOfThrown(error)
    }
  }

  close(): void {
    try {
      unlinkSync(this.#path)
    } catch {
      // Somebody else has removed it.
    }
  }
}

/** A name of Linux's that stands in no file system. */
class AbstractName implements PipeName {
  listen(): number {
    return 0
  }

  chmod(): number {
    return 0
  }

  close(): void {}
}

/**
 * The names of pipes in the file system without the pipes: an empty file stands where the kernel would put a socket, so that programs
 * which look for it, give it a mode or remove it find what they expect, and nothing comes from outside that no seed determines.
 */
export const emptyPipeFiles: PipeFiles = {
  bind(path) {
    if (path.startsWith('\0')) return new AbstractName()
    try {
      return new EmptyFile(path)
    } catch (error) {
      const errno = errnoOfThrown(error)
      if (errno === errnoOf('EEXIST')) return errnoOf('EADDRINUSE')
      // As libuv, which does so for the sake of Windows.
      return errno === errnoOf('ENOENT') ? errnoOf('EACCES') : errno
    }
  },
  connect(path, callback) {
    if (path.startsWith('\0')) {
      callback(errnoOf('ECONNREFUSED'), null)
      return
    }
    try {
      statSync(path)
      accessSync(path, constants.W_OK)
      callback(errnoOf('ECONNREFUSED'), null)
    } catch (error) {
      callback(errnoOfThrown(error), null)
    }
  },
}
