import { execFile } from 'node:child_process'
import { join } from 'node:path'

const tools = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.bin')

/**
 * Runs a tool of the workspace's node_modules.
 *
 * @param {string} name
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<{ status: number, output: string, stdout: string }>} exit status, stdout and stderr together, stdout alone
 */
export function runTool(name, args, cwd) {
  return new Promise((resolve) => {
    const path = `${tools}:${process.env.PATH ?? ''}`
    execFile(
      join(tools, name),
      args,
      { cwd, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, PATH: path, NO_COLOR: '1' } },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
        resolve({ status, output: stdout + stderr, stdout })
      },
    )
  })
}
