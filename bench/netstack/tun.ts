import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createNet, type NetModule } from '../../packages/netstack/src/api/node/network.ts'
import { RealTimeHost } from '../../packages/netstack/src/api/node/real-time-host.ts'
import { openTun, type TunLink } from '../../packages/netstack/src/link/tun/tun-link.ts'

const OURS = '10.78.0.2'
const THEIRS = '10.78.0.1'
const CHUNK_BYTES = 262_144

/** How bytes are taken: as fresh chunks, as 'data' events give them, or into one buffer again and again (`onread`). */
export type Reading = 'data' | 'onread'

/** Congestion control of the sender over loopback: what the machine has for everything, or CUBIC. */
export type LoopbackCongestion = 'default' | 'cubic'

/** The machine's default congestion control. */
export function defaultCongestion(): string {
  return readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim()
}

/** Why there can be no figures here, or undefined. */
export function tunObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  if (cpus().length < 2) return 'needs two cores'
  try {
    accessSync('/dev/net/tun')
    return undefined
  } catch {
    return 'needs /dev/net/tun'
  }
}

/** A namespace with the kernel's end of a TUN device in it, and this stack at the other end. Megabytes (10^6 bytes) a second. */
export class TunBench {
  readonly #namespace: string = `netstack-bench-${process.pid}`
  readonly #host: RealTimeHost = new RealTimeHost()
  readonly #net: NetModule = createNet(this.#host)
  readonly #tun: TunLink

  constructor(mtu = 1500, offload = true) {
    execFileSync('ip', ['netns', 'add', this.#namespace])
    this.#tun = openTun({ up: false, mtu, offload }, this.#host.stack.pool)
    const { name } = this.#tun.device
    execFileSync('ip', ['link', 'set', name, 'netns', this.#namespace])
    const ip = (...words: string[]): void => void execFileSync('ip', ['-n', this.#namespace, ...words])
    ip('addr', 'add', `${THEIRS}/24`, 'dev', name)
    ip('link', 'set', name, 'up')
    ip('link', 'set', 'lo', 'up')
    // A sender with pacing (bbr) would be measured at its own idea of the path.
    ip('route', 'replace', '10.78.0.0/24', 'dev', name, 'congctl', 'cubic')
    execFileSync('taskset', ['-acp', '0', String(process.pid)], { stdio: 'ignore' })
    const { stack } = this.#host
    stack.addInterface('tun', this.#tun, { addresses: [`${OURS}/24`] })
    this.#tun.onBatch = () => this.#host.kick()
  }

  /** Senders and receivers have a core each: this process, the stack in it, has the first. */
  #peer(core: '0' | '1', ...words: string[]): ChildProcess {
    const command = [
      'netns',
      'exec',
      this.#namespace,
      'taskset',
      '-c',
      core,
      process.execPath,
      '--conditions=@wirehub/source',
      join(import.meta.dirname, 'tun-peer.ts'),
      ...words,
    ]
    return spawn('ip', command, { stdio: ['ignore', 'pipe', 'inherit'] })
  }

  async #line(child: ChildProcess): Promise<string> {
    const [line] = await once(createInterface(child.stdout!), 'line')
    return line as string
  }

  /**
   * Node's net at both ends, over loopback.
   *
   * @param congestion the machine's default, or that of the route to our stack
   * @param loaded whether the receiver has the modules of the stack in its heap, unused
   */
  async loopback(bytes: number, reading: Reading, congestion: LoopbackCongestion, loaded = false): Promise<number> {
    const route = ['-n', this.#namespace, 'route', 'replace', 'local', '127.0.0.1', 'dev', 'lo', 'table', 'local']
    execFileSync('ip', congestion === 'default' ? route : [...route, 'congctl', congestion])
    const source = this.#peer('0', 'source', '127.0.0.1', String(bytes))
    const port = await this.#line(source)
    const sink = this.#peer('1', 'sink', '127.0.0.1', port, String(bytes), reading, ...(loaded ? ['loaded'] : []))
    const figure = Number(await this.#line(sink))
    await Promise.all([source, sink].filter((child) => child.exitCode === null).map((child) => once(child, 'exit')))
    return bytes / 1000 / figure
  }

  /** Node's net on the kernel sends, `net` on this stack receives. */
  async kernelToStack(bytes: number, reading: Reading): Promise<number> {
    const source = this.#peer('1', 'source', THEIRS, String(bytes))
    const port = Number(await this.#line(source))
    const milliseconds = await new Promise<number>((resolve) => {
      let begun = 0
      let read = 0
      const count = (length: number): void => {
        if (read === 0) begun = performance.now()
        read += length
        if (read < bytes) return
        resolve(performance.now() - begun)
        socket.destroy()
      }
      const onread = {
        buffer: Buffer.alloc(CHUNK_BYTES),
        callback: (length: number): boolean => {
          count(length)
          return true
        },
      }
      const target = { host: THEIRS, port }
      const socket = this.#net.connect(reading === 'onread' ? { ...target, onread } : target)
      if (reading === 'data') socket.on('data', (chunk: Buffer) => count(chunk.length))
    })
    if (source.exitCode === null) await once(source, 'exit')
    return bytes / 1000 / milliseconds
  }

  /** `net` on this stack sends, Node's net on the kernel receives. */
  async stackToKernel(bytes: number, reading: Reading): Promise<number> {
    const chunk = Buffer.alloc(CHUNK_BYTES, 7)
    const server = this.#net.createServer((socket) => {
      let left = bytes
      const push = (): void => {
        while (left > 0) {
          const piece = left < chunk.length ? chunk.subarray(0, left) : chunk
          left -= piece.length
          if (!socket.write(piece)) {
            socket.once('drain', push)
            return
          }
        }
        socket.end()
      }
      socket.on('error', () => {})
      socket.resume()
      push()
    })
    server.listen(0)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const sink = this.#peer('1', 'sink', OURS, String(port), String(bytes), reading)
    const milliseconds = Number(await this.#line(sink))
    if (sink.exitCode === null) await once(sink, 'exit')
    server.close()
    return bytes / 1000 / milliseconds
  }

  async close(): Promise<void> {
    execFileSync('taskset', ['-acp', `0-${cpus().length - 1}`, String(process.pid)], { stdio: 'ignore' })
    this.#host.stack.tcp.abortAll(performance.now(), true)
    await this.#tun.close()
    execFileSync('ip', ['netns', 'delete', this.#namespace])
  }
}
