import type net from 'node:net'
import type { DuplexOptions } from 'node:stream'
import type { BoundSocket } from './bound-socket.ts'
import { invalidArgValue, validateInt32, validateType } from './errors.ts'
import type { StreamHandle } from './stream-handle.ts'

/** Options of a socket; see Node's `new net.Socket()` and `socket.connect()`. */
export interface SocketOptions extends DuplexOptions {
  readable?: boolean
  writable?: boolean
  fd?: number
  handle?: StreamHandle | BoundSocket
  onread?: { buffer: Uint8Array | (() => Uint8Array); callback: (bytes: number, buffer: Uint8Array) => boolean }
  noDelay?: boolean
  keepAlive?: boolean
  keepAliveInitialDelay?: number
  typeOfService?: number
  pauseOnCreate?: boolean
  manualStart?: boolean
  blockList?: net.BlockList
}

/** What a socket remembers for when it has a handle. */
export interface SocketSettings {
  noDelay: boolean
  keepAlive: boolean
  keepAliveDelay: number
  keepAliveInterval: number | undefined
  keepAliveCount: number | undefined
  typeOfService: number | undefined
}

/** A copy of the options, checked as Node checks them. */
export function readSocketOptions(given: SocketOptions | number | undefined): SocketOptions {
  const options: SocketOptions = typeof given === 'number' ? { fd: given } : { ...given }
  for (const key of ['objectMode', 'readableObjectMode', 'writableObjectMode'] as const) {
    if (options[key]) throw invalidArgValue(`options.${key}`, options[key], 'is not supported')
  }
  if (options.keepAliveInitialDelay !== undefined) {
    validateType(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay', 'number')
    if (options.keepAliveInitialDelay < 0) options.keepAliveInitialDelay = 0
  }
  if (options.typeOfService !== undefined) validateInt32(options.typeOfService, 'options.typeOfService', 0, 255)
  return options
}

/** What the stream below is made with. */
export function streamOptions(options: SocketOptions): DuplexOptions {
  return {
    ...options,
    allowHalfOpen: Boolean(options.allowHalfOpen),
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  }
}

export function settingsOf(options: SocketOptions): SocketSettings {
  return {
    noDelay: Boolean(options.noDelay),
    keepAlive: Boolean(options.keepAlive),
    keepAliveDelay: ~~((options.keepAliveInitialDelay ?? 0) / 1000),
    keepAliveInterval: undefined,
    keepAliveCount: undefined,
    typeOfService: options.typeOfService,
  }
}
