import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { RawConnection } from './connection.ts'
import { pause, within } from './deadline.ts'

/** A command that starts a server speaking NATS on 127.0.0.1; `{port}` stands for the port, whatever is installed for the program. */
export interface Contestant {
  readonly name: string
  readonly command: readonly string[]
}

const root = join(import.meta.dirname, '..', '..')
const clockTicksPerSecond = 100 // USER_HZ, fixed on Linux
const canPin = process.platform === 'linux' && availableParallelism() >= 2 && existsSync('/usr/bin/taskset')

/** The hub of this repository, as `npm start` runs it, without any config. */
export function wirehub(command?: string): Contestant {
  const bin = join(root, 'packages', 'cli', 'bin', 'wirehub.js')
  const serve = [process.execPath, bin, 'serve', '--listen', 'nats://127.0.0.1:{port}']
  return { name: 'wirehub', command: command === undefined ? serve : command.split(/\s+/) }
}

/** nats-server from Debian, where it is installed. */
export function natsServer(command?: string): Contestant | undefined {
  if (command !== undefined) return { name: command.split(/\s+/)[0]!.split('/').at(-1)!, command: command.split(/\s+/) }
  const path = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'].find((candidate) =>
    existsSync(candidate),
  )
  return path === undefined ? undefined : { name: 'nats-server', command: [path, '-a', '127.0.0.1', '-p', '{port}'] }
}

/** A server that copies a publisher's bytes to every subscriber and looks at nothing: what remains is the cost of generator and kernel. */
export const relay: Contestant = {
  name: 'relay',
  command: [process.execPath, join(import.meta.dirname, 'relay.ts'), '{port}'],
}

/** Pins this process, the load generator, to core 1. Returns what to say about it. */
export function pinGenerator(): string {
  if (!canPin)
    return 'this machine has no taskset or only one core: servers and load share cores, so figures are comparable but low'
  execFileSync('taskset', ['-a', '-cp', '1', String(process.pid)], { stdio: 'ignore' })
  return 'servers on core 0, load on core 1'
}

/** A running server, pinned to core 0. */
export class RunningServer {
  readonly name: string
  readonly port: number
  readonly #child: ChildProcess
  readonly #folder: string
  #log = ''
  #ended = false

  private constructor(name: string, port: number, child: ChildProcess, folder: string) {
    this.name = name
    this.port = port
    this.#child = child
    this.#folder = folder
    child.on('exit', () => {
      this.#ended = true
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#log = (this.#log + chunk.toString()).slice(-2000)
      })
    }
  }

  /** Starts the server in an empty folder and waits until it greets a connection. */
  static async start({ name, command }: Contestant): Promise<RunningServer> {
    const port = await freePort()
    const folder = mkdtempSync(join(tmpdir(), 'wirehub-bench-'))
    const words = command.map((word) => word.replaceAll('{port}', String(port)))
    const [program = '', ...args] = canPin ? ['taskset', '-c', '0', ...words] : words
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const server = new RunningServer(name, port, child, folder)
    child.on('error', (error) => {
      server.#log += String(error)
      server.#ended = true
    })
    try {
      await within(server.#greets(), 20_000, `${name} to start`)
    } catch (error) {
      await server.stop()
      throw new Error(`${(error as Error).message}; it said: ${server.#log.trim().slice(-500) || 'nothing'}`)
    }
    return server
  }

  async #greets(): Promise<void> {
    while (!this.#ended) {
      try {
        const connection = await RawConnection.open(this.port)
        connection.close()
        return
      } catch {
        await pause(50)
      }
    }
    throw new Error(`${this.name} ended at start`)
  }

  /** Resident memory, in bytes. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1])
  }

  /** Processor time used so far, user and system, in seconds; 0 where the platform does not tell. */
  cpuSeconds(): number {
    if (process.platform !== 'linux' || this.#ended) return 0
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond
  }

  get alive(): boolean {
    return !this.#ended
  }

  /** Ends the server: orderly, then by force. */
  async stop(): Promise<void> {
    if (!this.#ended && this.#child.pid !== undefined) {
      const exit = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
      this.#child.kill('SIGTERM')
      await within(exit, 3000, 'end').catch(() => this.#child.kill('SIGKILL'))
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
