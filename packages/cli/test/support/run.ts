/** Runs the command as users do: in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../bin/wirehub.js', import.meta.url))

/** A finished command. */
export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A running command. */
export class Running {
  readonly child: ChildProcess
  out = ''
  err = ''
  #wake: (() => void)[] = []
  #closed = false

  constructor(child: ChildProcess) {
    this.child = child
    child.stdout?.on('data', (chunk) => {
      this.out += chunk
      this.#notify()
    })
    child.stderr?.on('data', (chunk) => {
      this.err += chunk
      this.#notify()
    })
    child.on('close', () => {
      this.#closed = true
      this.#notify()
    })
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = []
    for (const one of wake) one()
  }

  /** Waits until what has been printed satisfies; throws when the command ends before. */
  async until(satisfied: (running: Running) => boolean): Promise<this> {
    while (!satisfied(this)) {
      if (this.#closed) throw new Error(`ended before that:\n${this.out}\n${this.err}`)
      // What is waited for may be a file: it is looked for again now and then, whether something was printed or not.
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 25)
        this.#wake.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return this
  }

  async ended(): Promise<Finished> {
    while (!this.#closed) await new Promise<void>((resolve) => this.#wake.push(resolve))
    return { code: this.child.exitCode, out: this.out, err: this.err }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    this.child.kill(signal)
    return this.ended()
  }
}

interface Listed {
  readonly listeners: readonly { scheme: string; host: string; port: number }[]
}

/** The port of a protocol, as a ports file tells it. */
export function portOf(file: string, scheme: string): number {
  const { listeners } = JSON.parse(readFileSync(file, 'utf8')) as Listed
  const found = listeners.find((one) => one.scheme === scheme)
  if (found === undefined) throw new Error(`no ${scheme} in ${file}`)
  return found.port
}

/** Options of a run. */
export interface RunOptions {
  input?: string
  cwd?: string
  env?: Record<string, string>
}

const started = new Set<ChildProcess>()
/** Ends what is left: a test that fails leaves its servers behind, and its file would not end. */
export function endAll(): void {
  for (const child of started) child.kill('SIGKILL')
}

/** Starts `wirehub ...`. */
export function start(args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  started.add(child)
  child.once('exit', () => started.delete(child))
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input ?? '')
  return new Running(child)
}

/** Runs `wirehub ...` to its end. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return start(args, options).ended()
}
