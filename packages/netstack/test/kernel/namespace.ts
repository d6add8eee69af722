// Private network namespaces: the Linux kernel as a host of its own, beside the one that the machine has.
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { TestContext } from 'node:test'

type Call = (...values: unknown[]) => number
interface Koffi {
  load(library: string | null): { func(definition: string): Call }
  errno(): number
}

const require = createRequire(import.meta.url)
let koffi: Koffi | undefined

/** koffi, of which `kernelMissing` has made sure that it is there. */
export function libc(): Koffi {
  koffi ??= require('koffi') as Koffi
  return koffi
}

/** Why the kernel cannot be the peer here, or undefined. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}, and the peer is the Linux kernel`
  if (process.getuid?.() !== 0) return 'only root may make network namespaces: run it as root'
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return '/dev/net/tun is missing: modprobe tun, or docker run --device /dev/net/tun --cap-add NET_ADMIN --cap-add SYS_ADMIN'
  }
  try {
    libc()
  } catch {
    return 'koffi is not installed: npm install koffi'
  }
  try {
    execFileSync('ip', ['-V'], { stdio: 'ignore' })
  } catch {
    return 'ip is not installed: apt-get install iproute2'
  }
  return undefined
}

/** Skips the test where the kernel cannot be the peer; in CI that is a failure. `programs` are needed besides. */
export function kernelMissing(context: TestContext, ...programs: string[]): boolean {
  const missing = programs.find((name) => {
    try {
      execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })
  const reason =
    obstacle() ?? (missing === undefined ? undefined : `${missing} is not installed: apt-get install ${missing}`)
  if (reason === undefined) return false
  assert.equal(process.env.CI, undefined, `in CI the tests against the kernel must run, but ${reason}`)
  context.skip(reason)
  return true
}

let made = 0
const CLONE_NEWNET = 0x4000_0000

/** A network namespace that lives as long as the test. */
export class Namespace {
  readonly name: string
  readonly #children: Set<ChildProcess> = new Set()

  constructor() {
    this.name = `netstack-${process.pid}-${made++}`
    execFileSync('ip', ['netns', 'add', this.name])
    this.ip('link', 'set', 'lo', 'up')
  }

  /** `ip` inside the namespace. */
  ip(...words: string[]): void {
    execFileSync('ip', ['-n', this.name, ...words])
  }

  /** Sets a value below /proc/sys/net of the namespace. */
  sysctl(key: string, value: string | number): void {
    execFileSync('ip', ['netns', 'exec', this.name, 'sysctl', '-q', '-w', `${key}=${value}`])
  }

  /** Moves an interface of the machine in, gives it addresses and switches it on. */
  adopt(device: string, addresses: readonly string[]): void {
    execFileSync('ip', ['link', 'set', device, 'netns', this.name])
    for (const address of addresses) {
      this.ip('addr', 'add', address, 'dev', device, ...(address.includes(':') ? ['nodad'] : []))
    }
    this.ip('link', 'set', device, 'up')
  }

  /** Does something in this thread as a program of the namespace: sockets that are made belong to it. */
  enter<Result>(action: () => Result): Result {
    const setns = libc().load(null).func('int setns(int fd, int type)')
    const home = openSync('/proc/thread-self/ns/net', 'r')
    const away = openSync(`/var/run/netns/${this.name}`, 'r')
    try {
      assert.equal(setns(away, CLONE_NEWNET), 0, 'setns')
      return action()
    } finally {
      assert.equal(setns(home, CLONE_NEWNET), 0, 'setns back')
      closeSync(home)
      closeSync(away)
    }
  }

  /** A file of /proc/net as the namespace sees it. */
  proc(file: string): string {
    return this.enter(() => readFileSync(`/proc/thread-self/net/${file}`, 'utf8'))
  }

  spawn(program: string, ...words: string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.name, program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  /** Runs a program to its end and gives what it printed. */
  async run(program: string, ...words: string[]): Promise<Buffer> {
    const child = this.spawn(program, ...words)
    const pieces: Buffer[] = []
    let errors = ''
    child.stdout?.on('data', (piece: Buffer) => pieces.push(piece))
    child.stderr?.on('data', (piece: Buffer) => {
      errors += piece.toString()
    })
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    assert.equal(code, 0, `${program} ${words.join(' ')} ended with ${code}: ${errors}${Buffer.concat(pieces)}`)
    return Buffer.concat(pieces)
  }

  close(): void {
    for (const child of this.#children) child.kill('SIGKILL')
    execFileSync('ip', ['netns', 'delete', this.name])
  }
}
