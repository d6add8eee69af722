/**
 * What the hub needs from the world around it. `createHub({ net, clock, random })` passes it in, so that the same hub runs
 * on the kernel's TCP in real time and on netstack in virtual time. The default lives in `edge/`.
 */

import type { WebSocketServerFactory } from './web-socket.ts'

/** A connected byte stream: the part of `node:net`'s Socket (or `node:tls`'s TLSSocket) that the hub uses. */
export interface StreamSocket {
  /** True: the bytes of a 'data' event are valid during the event only. */
  readonly reusesReads?: boolean
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly localPort?: number | undefined
  /** Present on TLS sockets only. */
  readonly encrypted?: boolean | undefined
  readonly destroyed: boolean
  write(chunk: Uint8Array, callback?: (error?: Error | null) => void): boolean
  cork(): void
  uncork(): void
  end(): unknown
  destroy(error?: Error): unknown
  pause(): unknown
  resume(): unknown
  unshift?(chunk: Uint8Array): void
  removeListener(event: string, listener: (...args: never[]) => void): unknown
  setNoDelay?(on?: boolean): unknown
  /** Present where the transport can tell the peer why it ends (WebSocket); called before `end`. */
  explain?(reason: string): void
  setKeepAlive?(on?: boolean, initialDelayMs?: number): unknown
  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'close', listener: (hadError: boolean) => void): unknown
  on(event: 'end' | 'drain' | 'connect' | 'secureConnect', listener: () => void): unknown
}

/** Where a listener listens: a TCP address or a path of a Unix socket or named pipe. */
export type ListenAddress = { host: string; port: number } | { path: string }

/** A listening socket: the part of `node:net`'s Server that the hub uses. */
export interface StreamServer {
  listen(options: { host?: string; port?: number; path?: string; backlog?: number; exclusive?: boolean }): unknown
  address(): { address: string; port: number; family?: string } | string | null
  close(callback?: (error?: Error) => void): unknown
  on(event: 'listening', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connection', listener: (socket: StreamSocket) => void): unknown
}

/** The part of `node:net` that the hub uses; netstack's `net` satisfies it too. */
export interface Network {
  /** @param options.reuseReads reads may come in a buffer that is filled again by the next one (see StreamSocket.reusesReads) */
  createServer(options: { allowHalfOpen: boolean; noDelay?: boolean; reuseReads?: boolean }): StreamServer
  connect(options: { host?: string; port?: number; path?: string; allowHalfOpen?: boolean }): StreamSocket
}

/** A running timer; opaque. */
export type Timer = unknown

/** Time and deferral. Every wait of the hub goes through here. */
export interface Clock {
  /** Wall-clock time, milliseconds since the Unix epoch. */
  now(): number
  /** Monotonic time in milliseconds, with fractions. */
  monotonic(): number
  setTimeout(callback: () => void, delayMs: number): Timer
  clearTimeout(timer: Timer): void
  /** Runs the callback once this turn of the event loop has read what was ready: the hub flushes there. */
  setImmediate(callback: () => void): void
}

/** Randomness: identifiers, nonces, the choice of a queue group's first member. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** Fresh random bytes, fit for secrets. */
  bytes(count: number): Uint8Array
}

/** How much memory the process uses, and how much it may. */
export interface Memory {
  usedBytes(): number
  limitBytes(): number
}

/** How busy the process is; what monitoring reports of it. */
export interface ProcessStatistics {
  /** Delay of the event loop since the last call, milliseconds. */
  eventLoopDelayMs(): { p50: number; p99: number; max: number }
  /** Share of the time since the last call in which the event loop was busy, 0 to 1. */
  eventLoopUtilization(): number
  /** Processor time used by the process so far, seconds. */
  cpuSeconds(): number
  heapUsedBytes(): number
  readonly cores: number
  /** The runtime and its version, e.g. `node24.18.0`. */
  readonly runtime: string
}

/** Unix sockets and named pipes, where the machine has them. */
export interface Ipc {
  /** The path as the system wants it; the default one for the empty path. */
  path(given: string): string
  /**
   * Makes sure that it can be listened on; a stale socket is removed.
   * @throws HubError WIREHUB_ERR_LISTEN
   */
  claim(path: string): Promise<void>
  /** Runs `listen` such that the socket it makes has at most this mode from the first moment. */
  listen(mode: number, listen: () => void): void
  /** It listens: gives it exactly this mode. */
  opened(path: string, mode: number): void
}

/** Everything that comes in from outside. */
export interface Environment {
  readonly net: Network
  readonly clock: Clock
  readonly random: Random
  /** Compares a password with a bcrypt hash off the event loop; without it this happens on it. Never rejects. */
  readonly compareBcrypt?: (given: string, hash: string) => Promise<boolean>
  /** Without it the hub does not watch its memory. */
  readonly memory?: Memory
  /** Without it paths are used as they are given. */
  readonly ipc?: Ipc
  /** Without it there are no listeners for WebSocket. */
  readonly webSockets?: WebSocketServerFactory
  /** Without it monitoring leaves these figures out. */
  readonly statistics?: ProcessStatistics
}
