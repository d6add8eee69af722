/** Runs a program of examples/tcp as its readers do: in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const folder = join(import.meta.dirname, '../../../../examples/tcp')

/** A running program and what it has printed. */
export class Program {
  readonly child: ChildProcess
  output = ''
  errors = ''
  readonly #waiting = new Set<() => void>()

  constructor(name: string, args: readonly (string | number)[]) {
    this.child = spawn(process.execPath, [join(folder, name), ...args.map(String)], { stdio: 'pipe' })
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.output += text
      for (const look of this.#waiting) look()
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.errors += text
      for (const look of this.#waiting) look()
    })
  }

  /** Resolves with the match once the output has it. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.output + this.errors)
        if (match === null) return
        this.#waiting.delete(look)
        resolve(match)
      }
      this.#waiting.add(look)
      this.child.once('exit', () =>
        reject(new Error(`ended without printing ${pattern}: ${this.output}${this.errors}`)),
      )
      look()
    })
  }

  /** Resolves with everything it printed, once it has ended by itself. */
  async ended(): Promise<string> {
    if (this.child.exitCode === null) await once(this.child, 'close')
    return this.output
  }
}

/** Starts a program that is killed when the test is over. */
export function program(t: TestContext, name: string, ...args: (string | number)[]): Program {
  const started = new Program(name, args)
  t.after(() => started.child.kill('SIGKILL'))
  return started
}

/** Starts a server of the examples on a free port; resolves with the port. */
export async function server(t: TestContext, name: string): Promise<{ running: Program; port: number }> {
  const running = program(t, name, 0)
  const [, port] = await running.printed(/listening on 127\.0\.0\.1:(\d+)\n/)
  return { running, port: Number(port) }
}
