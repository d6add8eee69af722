import diagnosticsChannel from 'node:diagnostics_channel'
import type net from 'node:net'
import { PerformanceObserver } from 'node:perf_hooks'
import { nodeNet } from './builtins.ts'

// Entries of the type 'net' are made by Node's own sockets alone. So a connection that somebody may be observing is accompanied by one of
// Node's sockets whose handle is no handle of the kernel: it "connects" when ours does.

let isObserved = false
const { observe } = PerformanceObserver.prototype
PerformanceObserver.prototype.observe = function (options): void {
  const { type, entryTypes = [type] } = options as { type?: string; entryTypes?: (string | undefined)[] }
  if (entryTypes.includes('net')) isObserved = true
  observe.call(this, options)
}

/** Before `install()` puts another in its place. */
const { connect } = nodeNet.Socket.prototype
const channel = diagnosticsChannel.channel('net.client.socket')

type Complete = (status: number, handle: object, request: object, readable: boolean, writable: boolean) => void

/** An entry for `PerformanceObserver` that has begun. */
export interface ConnectEntry {
  /** The connection stands: the entry is made, if anybody wants it. */
  end(): void
  cancel(): void
}

/** Begins an entry, unless nobody has ever observed any. Subscribers of the diagnostics channel would take the companion for a client. */
export function beginConnectEntry(address: string, port: number): ConnectEntry | null {
  if (!isObserved || channel.hasSubscribers) return null
  let request: { oncomplete: Complete } | undefined
  const start = (given: { oncomplete: Complete }): number => {
    request = given
    return 0
  }
  const handle = {
    connect: start,
    connect6: start,
    readStart: () => 0,
    close: (callback?: () => void) => callback && setImmediate(callback),
  }
  const companion = new nodeNet.Socket({ handle, manualStart: true } as unknown as net.SocketConstructorOpts)
  companion.on('error', () => {})
  connect.call(companion, { host: address, port } as never, undefined as never)
  const cancel = (): void => {
    companion.destroy()
  }
  return {
    cancel,
    end() {
      request?.oncomplete(0, handle, request, true, true)
      cancel()
    },
  }
}
