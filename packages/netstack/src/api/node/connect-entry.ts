import diagnosticsChannel from 'node:diagnostics_channel'
import type net from 'node:net'
import { nodeNet } from './builtins.ts'

// Entries of the type 'net' are made by Node's own sockets alone. So a connection that somebody observes is accompanied by one of Node's
// sockets whose handle is no handle of the kernel: it "connects" when ours does. Node tells nobody whether there are observers. But a
// socket of its own that begins to connect while there are any is given a property for the time at which it began.

/** Before `install()` puts another in its place. */
const { connect } = nodeNet.Socket.prototype
/** What somebody else has put in its place is not ours to call for connections that nobody made. */
const isOriginal = connect.toString().includes('lookupAndConnect')
const channel = diagnosticsChannel.channel('net.client.socket')
const BEGINNING = 'kPerfHooksNetConnectContext'

type Complete = (status: number, handle: object, request: object, readable: boolean, writable: boolean) => void
type Found = (error: null, address: string, family: number) => void

/** An entry for `PerformanceObserver` that has begun. */
export interface ConnectEntry {
  /** The connection stands: the entry is made, if anybody wants it. */
  end(): void
  cancel(): void
}

class Companion implements ConnectEntry {
  #request: { oncomplete: Complete } | undefined
  readonly #handle: object
  readonly #socket: net.Socket

  constructor() {
    const start = (request: { oncomplete: Complete }): number => {
      this.#request = request
      return 0
    }
    this.#handle = {
      connect: start,
      connect6: start,
      readStart: () => 0,
      close: (callback?: () => void) => callback && setImmediate(callback),
    }
    this.#socket = new nodeNet.Socket({
      handle: this.#handle,
      manualStart: true,
    } as unknown as net.SocketConstructorOpts)
    this.#socket.on('error', () => {})
  }

  /** False when nobody observes: it may then begin once more. */
  begin(address: string, port: number): boolean {
    // By a name, because a look-up can answer at once: an address is connected to in the next tick.
    const lookup = (_name: string, _options: object, found: Found): void => found(null, address, nodeNet.isIP(address))
    const options = { host: 'companion', port, lookup, autoSelectFamily: false }
    connect.call(this.#socket, options as never, undefined as never)
    return Object.getOwnPropertySymbols(this.#socket).some(({ description }) => description === BEGINNING)
  }

  end(): void {
    this.#request?.oncomplete(0, this.#handle, this.#request, true, true)
    this.cancel()
  }

  cancel(): void {
    this.#socket.destroy()
  }
}

let idle: Companion | undefined

/** Begins an entry, unless nobody observes. Subscribers of the diagnostics channel would take the companion for a client. */
export function beginConnectEntry(address: string, port: number): ConnectEntry | null {
  if (!isOriginal || channel.hasSubscribers) return null
  const companion = idle ?? new Companion()
  const isObserved = companion.begin(address, port)
  idle = isObserved ? undefined : companion
  return isObserved ? companion : null
}
