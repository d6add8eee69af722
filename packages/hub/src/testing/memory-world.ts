/**
 * A network, a clock and randomness in memory: hubs in tests run on it in no time, and the same seed gives the same run. It stands in for the
 * kernel's sockets where a test is about bytes; what a test says about TCP itself needs real sockets or netstack.
 */
import type { Clock, Environment, Network, Random, StreamServer, StreamSocket, Timer } from '../core/environment.ts'
import { MemorySocket } from './memory-socket.ts'

/** A seeded generator (mulberry32): equal seeds, equal sequences. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Alarm {
  readonly atMs: number
  readonly callback: () => void
}

const START_MS = Date.UTC(2026, 0, 1)

/** Everything that a hub needs from outside. Nothing happens until `run` or `advance`. */
export class MemoryWorld {
  readonly random: () => number
  #nowMs = 0
  #tasks: (() => void)[] = []
  #immediates: (() => void)[] = []
  readonly #alarms = new Set<Alarm>()
  readonly #servers = new Map<string, (socket: MemorySocket) => void>()
  #nextPort = 40_000

  constructor(seed = 1) {
    this.random = seededRandom(seed)
  }

  /** What `createHub` takes. */
  get environment(): Environment {
    const clock: Clock = {
      now: () => START_MS + this.#nowMs,
      monotonic: () => this.#nowMs,
      setTimeout: (callback, delayMs) => {
        const alarm: Alarm = { atMs: this.#nowMs + Math.max(0, delayMs), callback }
        this.#alarms.add(alarm)
        return alarm
      },
      clearTimeout: (timer: Timer) => void this.#alarms.delete(timer as Alarm),
      setImmediate: (callback) => void this.#immediates.push(callback),
    }
    const random: Random = {
      next: this.random,
      bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(this.random() * 256)),
    }
    return { net: this.#network(), clock, random }
  }

  #network(): Network {
    return {
      createServer: () => this.#createServer(),
      connect: (options) => {
        const [client, server] = this.#pair()
        const accept = this.#servers.get(options.path ?? String(options.port))
        this.later(() => {
          if (accept === undefined)
            client.fail(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
          else {
            client.emit('connect')
            accept(server)
          }
        })
        return client as unknown as StreamSocket
      },
    }
  }

  #createServer(): StreamServer {
    const listeners = new Map<string, (...args: never[]) => void>()
    let key = ''
    const server: StreamServer = {
      listen: (options) => {
        key = options.path ?? String(options.port === 0 ? this.#nextPort++ : options.port)
        const listening = this.#servers.has(key) ? 'error' : 'listening'
        if (listening === 'listening') {
          this.#servers.set(key, (socket) =>
            (listeners.get('connection') as ((one: StreamSocket) => void) | undefined)?.(
              socket as unknown as StreamSocket,
            ),
          )
        }
        queueMicrotask(() =>
          (listeners.get(listening) as ((error?: Error) => void) | undefined)?.(new Error('listen EADDRINUSE')),
        )
        return server
      },
      address: () => ({ address: '127.0.0.1', port: Number(key) }),
      close: () => this.#servers.delete(key),
      on: (event: string, listener: (...args: never[]) => void) => listeners.set(event, listener),
    }
    return server
  }

  #pair(): [MemorySocket, MemorySocket] {
    const one = new MemorySocket(this, this.#nextPort++)
    const other = new MemorySocket(this, one.localPort)
    one.peer = other
    other.peer = one
    return [one, other]
  }

  /** Connects to a listener (a port or a path); what comes back is collected in `received`. */
  connect(target: number | string): MemorySocket {
    const accept = this.#servers.get(String(target))
    if (accept === undefined) throw new Error(`nobody listens on ${target}`)
    const [client, server] = this.#pair()
    accept(server)
    client.collect()
    return client
  }

  /** Does something after all that is happening now. */
  later(task: () => void): void {
    this.#tasks.push(task)
  }

  /** Lets everything happen that needs no time to pass. */
  run(): void {
    while (this.#tasks.length > 0 || this.#immediates.length > 0) {
      const tasks = this.#tasks.length > 0 ? this.#tasks : this.#immediates
      if (tasks === this.#tasks) this.#tasks = []
      else this.#immediates = []
      for (const task of tasks) task()
    }
  }

  /** Lets time pass, timer by timer. */
  advance(durationMs: number): void {
    const endMs = this.#nowMs + durationMs
    this.run()
    for (;;) {
      let next: Alarm | undefined
      for (const alarm of this.#alarms)
        if (alarm.atMs <= endMs && (next === undefined || alarm.atMs < next.atMs)) next = alarm
      if (next === undefined) break
      this.#alarms.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
      this.run()
    }
    this.#nowMs = endMs
  }
}
