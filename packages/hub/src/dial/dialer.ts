/** Dialling: the hub connects to a hand-written server and treats it as a connected socket; when it is lost, it comes back. */
import type { Connection } from '../core/connection.ts'
import type { Clock, Environment, StreamSocket, Timer } from '../core/environment.ts'
import type { ListenerUrl } from '../core/listener-url.ts'
import { assertDialStep, type DialState } from './dial-state.ts'

/** How often and how fast to try. */
export interface DialOptions {
  /** First wait after a failure; each further one doubles it. */
  readonly retryMinMs: number
  /** The longest wait. */
  readonly retryMaxMs: number
  readonly connectTimeoutMs: number
}

/** What the dialler needs of its hub. */
export interface DialHost {
  readonly environment: Environment
  /** Makes a connection of a connected socket. */
  adopt(socket: StreamSocket): Connection
  log(level: 'debug' | 'info' | 'warn', sentence: string, detail?: Record<string, unknown>): void
}

/** Running totals of one dialler. */
export interface DialCounters {
  attempts: number
  connects: number
  failures: number
}

/** Keeps one connection to one server. */
export class Dialer {
  readonly url: ListenerUrl
  readonly counters: DialCounters = { attempts: 0, connects: 0, failures: 0 }
  readonly #host: DialHost
  readonly #options: DialOptions
  #state: DialState = 'idle'
  #socket: StreamSocket | undefined = undefined
  #timer: Timer | undefined = undefined
  #connection: Connection | undefined = undefined
  /** Failures in a row: what the wait grows with. */
  #misses = 0
  #connectedAtMs = 0
  #lastError: string | undefined = undefined
  #whenConnected: ((connection: Connection) => void)[] = []

  constructor(url: ListenerUrl, options: DialOptions, host: DialHost) {
    this.url = url
    this.#options = options
    this.#host = host
  }

  get state(): DialState {
    return this.#state
  }

  /** The connection, while there is one. */
  get connection(): Connection | undefined {
    return this.#state === 'connected' ? this.#connection : undefined
  }

  /** Why the last attempt failed. */
  get lastError(): string | undefined {
    return this.#lastError
  }

  get #clock(): Clock {
    return this.#host.environment.clock
  }

  /** Resolves with the connection: the present one, or the next. */
  connected(): Promise<Connection> {
    const { connection } = this
    if (connection !== undefined) return Promise.resolve(connection)
    return new Promise((resolve) => this.#whenConnected.push(resolve))
  }

  /** Begins. */
  start(): void {
    this.#dial()
  }

  #step(to: DialState): void {
    assertDialStep(this.#state, to)
    this.#state = to
  }

  #dial(): void {
    this.#step('connecting')
    this.counters.attempts++
    const socket = this.#host.environment.net.connect({ ...this.url.address, allowHalfOpen: true })
    this.#socket = socket
    this.#lastError = undefined
    this.#timer = this.#clock.setTimeout(() => {
      this.#lastError = `no answer within ${this.#options.connectTimeoutMs} ms`
      socket.destroy()
    }, this.#options.connectTimeoutMs)
    socket.on('error', (error) => {
      this.#lastError ??= error.message
    })
    socket.on('connect', () => this.#onConnect(socket))
    socket.on('close', () => this.#onClose(socket))
  }

  #onConnect(socket: StreamSocket): void {
    if (this.#state !== 'connecting' || socket !== this.#socket) return
    this.#clearTimer()
    this.#step('connected')
    this.counters.connects++
    this.#connectedAtMs = this.#clock.monotonic()
    socket.setNoDelay?.(true)
    const connection = this.#host.adopt(socket)
    this.#connection = connection
    this.#host.log('info', 'Connected to a server.', { url: this.url.text, connection: connection.id })
    const waiting = this.#whenConnected
    this.#whenConnected = []
    for (const resolve of waiting) resolve(connection)
  }

  #onClose(socket: StreamSocket): void {
    if (socket !== this.#socket || this.#state === 'stopped') return
    this.#clearTimer()
    const lasted = this.#state === 'connected'
    if (!lasted) this.counters.failures++
    // A server that accepts and hangs up at once is no better than one that refuses: only what has lasted starts afresh.
    const stable = lasted && this.#clock.monotonic() - this.#connectedAtMs >= this.#options.retryMaxMs
    this.#misses = stable ? 1 : this.#misses + 1
    this.#connection = undefined
    this.#step('waiting')
    const waitMs = this.#waitMs()
    const error = this.#lastError
    this.#host.log(
      this.#misses === 1 || lasted ? 'warn' : 'debug',
      lasted ? 'A server was lost.' : 'A server cannot be reached.',
      {
        url: this.url.text,
        error,
        retryInMs: Math.round(waitMs),
      },
    )
    this.#timer = this.#clock.setTimeout(() => this.#dial(), waitMs)
  }

  /** Exponential, with full jitter in its upper half: many hubs do not come back in step. */
  #waitMs(): number {
    const { retryMinMs, retryMaxMs } = this.#options
    const longest = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(30, this.#misses - 1))
    return longest / 2 + (longest / 2) * this.#host.environment.random.next()
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Dials no more. A connection that stands is left to whoever closes connections. */
  stop(): void {
    if (this.#state === 'stopped') return
    const connecting = this.#state === 'connecting'
    this.#step('stopped')
    this.#clearTimer()
    if (connecting) this.#socket?.destroy()
  }
}
