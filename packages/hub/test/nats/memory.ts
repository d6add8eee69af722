/** A NATS codec without sockets: bytes in, bytes out, in one turn. For tests that cut the stream at every place. */
import { HubCore } from '../../src/assembly/hub-core.ts'
import { Listener } from '../../src/assembly/listener.ts'
import type { Clock, Environment, Network, StreamSocket } from '../../src/core/environment.ts'
import { defaultConnectionLimits } from '../../src/core/limits.ts'
import { parseListenerUrl } from '../../src/core/listener-url.ts'
import { natsGateway } from '../../src/gateways/nats/gateway.ts'

/** A socket in memory. It stands in for the kernel's, which cannot be told where to cut. */
export class MemorySocket implements StreamSocket {
  remoteAddress = '127.0.0.1'
  remotePort = 1
  localPort = 4222
  destroyed = false
  /** What the hub has written; one character for each byte. */
  written = ''
  ended = false
  #writes: ((error?: Error | null) => void)[] = []
  readonly #listeners = new Map<string, (argument?: unknown) => void>()

  write(chunk: Uint8Array, callback?: (error?: Error | null) => void): boolean {
    this.written += Buffer.from(chunk).toString('latin1')
    if (callback !== undefined) this.#writes.push(callback)
    return true
  }
  /** Tells the hub that everything has been taken; false when there was nothing. */
  taken(): boolean {
    const writes = this.#writes
    this.#writes = []
    for (const callback of writes) callback()
    return writes.length > 0
  }
  cork(): void {}
  uncork(): void {}
  pause(): void {}
  resume(): void {}
  end(): void {
    this.ended = true
  }
  destroy(): void {
    this.destroyed = true
  }
  removeListener(event: string): void {
    this.#listeners.delete(event)
  }
  on(event: string, listener: (argument: never) => void): void {
    this.#listeners.set(event, listener as (argument?: unknown) => void)
  }
  emit(event: 'data' | 'end' | 'close', argument?: unknown): void {
    this.#listeners.get(event)?.(argument)
  }
}

/** A hub in memory, to which any number of clients connect. */
export class CodecBench {
  readonly hub: HubCore
  readonly #listener: Listener
  nowMs = 1
  readonly #immediates: (() => void)[] = []
  readonly #sockets = new Set<MemorySocket>()

  constructor(limits: Partial<typeof defaultConnectionLimits> = {}) {
    const clock: Clock = {
      now: () => this.nowMs,
      monotonic: () => this.nowMs,
      setTimeout: () => undefined,
      clearTimeout: () => {},
      setImmediate: (callback) => void this.#immediates.push(callback),
    }
    const environment: Environment = {
      net: {} as Network,
      clock,
      random: { next: () => 0.5, bytes: (count) => new Uint8Array(count) },
    }
    this.hub = new HubCore({ environment })
    const all = { ...defaultConnectionLimits, ...limits }
    const url = parseListenerUrl('nats://127.0.0.1:4222', () => 4222)
    this.#listener = new Listener(url, natsGateway.create(url, this.hub.gatewayContext(all)), all)
  }

  /** A new client; INFO has been taken. */
  connect(): MemorySocket {
    const socket = new MemorySocket()
    this.hub.adopt(socket, this.#listener, true)
    this.#sockets.add(socket)
    this.turn()
    socket.written = ''
    return socket
  }

  /** The client is gone. */
  disconnect(socket: MemorySocket): void {
    this.#sockets.delete(socket)
    socket.emit('close', false)
  }

  /** Ends the turn of the event loop: what was dispatched is written. */
  turn(): void {
    let busy = true
    while (busy) {
      for (const callback of this.#immediates.splice(0)) callback()
      this.hub.turn.flush()
      busy = false
      for (const socket of this.#sockets) if (socket.taken()) busy = true
    }
  }
}

/** Feeds a stream in these chunks, each in a buffer of its own, with the end of a turn after each. */
export function feed(bench: CodecBench, socket: MemorySocket, stream: Buffer, cuts: readonly number[]): void {
  let from = 0
  for (const cut of [...cuts, stream.length]) {
    if (cut > from) socket.emit('data', Buffer.from(stream.subarray(from, cut)))
    bench.turn()
    from = Math.max(from, cut)
  }
}
