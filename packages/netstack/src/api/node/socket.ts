import diagnosticsChannel from 'node:diagnostics_channel'
import type net from 'node:net'
import { Duplex } from 'node:stream'
import { normalizeArgs } from './arguments.ts'
import { nodeNet } from './builtins.ts'
import { connectSocket, type SocketConnectOptions } from './connecting.ts'
import { handleOfDescriptor } from './descriptors.ts'
import { errnoError, errnoOf, invalidArgType, invalidHandleType, socketClosed, validateInt32 } from './errors.ts'
import type { HostTimer } from './host.ts'
import type { Network } from './network.ts'
import { readSocketOptions, type SocketOptions, type SocketSettings, streamOptions } from './socket-options.ts'
import { readAgain, startReading, type UserBuffer } from './socket-read.ts'
import { startSocket } from './socket-start.ts'
import { setSocketTimeout } from './socket-timeout.ts'
import { dispatchWrite, pendingBytes } from './socket-write.ts'
import type { StreamHandle } from './stream-handle.ts'
import { type SocketName, TcpHandle } from './tcp-handle.ts'

const ENOTCONN = errnoOf('ENOTCONN')
const clientChannel = diagnosticsChannel.channel('net.client.socket')

/** `net.Socket` on a stack: a real `stream.Duplex` with the behaviour of Node's. */
export class Socket extends Duplex {
  declare connecting: boolean
  declare server: unknown
  declare _server: { _connections: number; _emitCloseIfDrained?: () => void } | null
  declare _handle: StreamHandle | null
  declare _parent: { connecting?: boolean } | null
  declare _host: string | null
  declare _hadError: boolean
  declare _aborted: boolean | undefined
  declare _closeAfterHandlingError: boolean
  declare _pendingData: unknown
  declare _pendingEncoding: string
  declare _sockname: SocketName | null
  declare _peername: SocketName | null
  declare timeout: number | undefined
  declare blockList: net.BlockList | undefined
  declare autoSelectFamilyAttemptedAddresses: string[] | undefined
  declare _network: Network
  /** The handle was a `BoundSocket`: it has its local end, and its path if it is a pipe. */
  declare _boundSource: boolean
  declare _boundPath: string | undefined
  declare _settings: SocketSettings
  declare _timer: HostTimer | null
  declare _lastQueueSize: number
  declare _userBuffer: UserBuffer | null
  declare _isResetting: boolean
  declare _finalBytesRead: number
  declare _finalBytesWritten: number

  constructor(given?: SocketOptions | number) {
    const options = readSocketOptions(given)
    super(streamOptions(options))
    // A descriptor of the kernel: what comes out is Node's own socket.
    if (!options.handle && options.fd !== undefined && handleOfDescriptor(options.fd) === undefined) {
      this.destroy()
      // biome-ignore lint/correctness/noConstructorReturn: the one way in which `new Socket({ fd })` can give it
      return new nodeNet.Socket(given as net.SocketConstructorOpts) as unknown as Socket
    }
    startSocket(this, options)
  }

  /** What constructors of before there were classes do: `net.Socket.call(this, options)`. */
  static initialize(socket: Socket, given?: SocketOptions | number): void {
    const options = readSocketOptions(given)
    ;(Duplex as unknown as (this: Duplex, options: object) => void).call(socket, streamOptions(options))
    startSocket(socket, options)
  }

  connect(...args: unknown[]): this {
    const [options, callback] = normalizeArgs(args)
    if (clientChannel.hasSubscribers) clientChannel.publish({ socket: this })
    connectSocket(this, options as SocketConnectOptions, callback)
    return this
  }

  // --- stream ----------------------------------------------------------------------------------

  override _read(size: number): void {
    if (this.connecting || !this._handle) this.once('connect', () => this._read(size))
    else if (!this._handle.reading) startReading(this)
  }

  override _write(chunk: unknown, encoding: string, callback: (error?: Error | null) => void): void {
    this._writeGeneric(false, chunk, encoding, callback)
  }

  override _writev(
    chunks: { chunk: unknown; encoding: BufferEncoding }[],
    callback: (error?: Error | null) => void,
  ): void {
    this._writeGeneric(true, chunks, '', callback)
  }

  /** Where both kinds of write meet. */
  _writeGeneric(many: boolean, data: unknown, encoding: string, callback: (error?: Error | null) => void): void {
    dispatchWrite(this, many, data, encoding, callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.connecting) {
      this.once('connect', () => this._final(callback))
      return
    }
    if (!this._handle) {
      callback()
      return
    }
    const status = this._handle.shutdown({ oncomplete: () => callback() })
    if (status === 1 || status === ENOTCONN) callback()
    else if (status !== 0) callback(errnoError(status, 'shutdown'))
  }

  override _destroy(exception: Error | null, callback: (error: Error | null) => void): void {
    this.connecting = false
    this._timer?.cancel()
    const handle = this._handle
    if (handle) {
      const hadError = exception !== null && exception !== undefined
      this._finalBytesRead = handle.bytesRead
      this._finalBytesWritten = handle.bytesWritten
      const closed = (): void => {
        this.emit('close', hadError)
      }
      if (this._isResetting) {
        this._isResetting = false
        const status = handle.reset(closed)
        if (status) this.emit('error', errnoError(status, 'reset'))
      } else handle.close(closed)
      handle.onread = () => {}
      handle.reader = null
      this._handle = null
      this._sockname = null
      callback(exception)
    } else {
      callback(exception)
      process.nextTick(() => this.emit('close'))
    }
    if (this._server) {
      this._server._connections--
      this._server._emitCloseIfDrained?.()
    }
  }

  override read(size?: number): unknown {
    readAgain(this)
    return super.read(size)
  }

  override resume(): this {
    readAgain(this)
    return super.resume()
  }

  override pause(): this {
    if (this._userBuffer && !this.connecting && this._handle?.reading) {
      this._handle.reading = false
      if (!this.destroyed) {
        const status = this._handle.readStop()
        if (status) this.destroy(errnoError(status, 'read'))
      }
    }
    return super.pause()
  }

  override end(...args: unknown[]): this {
    super.end(...(args as []))
    return this
  }

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  resetAndDestroy(): this {
    if (!this._handle) {
      this.destroy(socketClosed())
      return this
    }
    if (!(this._handle instanceof TcpHandle)) throw invalidHandleType()
    if (this.connecting) this.once('connect', () => this._reset())
    else this._reset()
    return this
  }

  _reset(): this {
    this._isResetting = true
    return this.destroy()
  }

  // --- options ---------------------------------------------------------------------------------

  setTimeout(delayMs: number, callback?: () => void): this {
    setSocketTimeout(this, delayMs, callback)
    return this
  }

  /** Something has happened: the idle timeout begins again. */
  _unrefTimer(): void {
    this._timer?.refresh()
  }

  _onTimeout(): void {
    const last = this._lastQueueSize
    const handle = this._handle
    if (last > 0 && handle && last !== handle.writeQueueSize) {
      // A large write is still making its way.
      this._lastQueueSize = handle.writeQueueSize
      this._unrefTimer()
      return
    }
    this.emit('timeout')
  }

  setNoDelay(enable?: unknown): this {
    const on = Boolean(enable === undefined ? true : enable)
    const settings = this._settings
    const handle = this._handle as TcpHandle | null
    if (handle === null) settings.noDelay = on
    else if (handle.setNoDelay && on !== settings.noDelay) {
      settings.noDelay = on
      handle.setNoDelay(on)
    }
    return this
  }

  setKeepAlive(enable?: unknown, initialDelayMs?: unknown, intervalMs?: unknown, count?: number): this {
    if (enable !== null && typeof enable === 'object') {
      const given = enable as { enable?: unknown; initialDelay?: unknown; interval?: unknown; count?: number }
      return this.setKeepAlive(Boolean(given.enable), given.initialDelay, given.interval, given.count)
    }
    const settings = this._settings
    const wanted = {
      keepAlive: Boolean(enable),
      keepAliveDelay: ~~((initialDelayMs as number) / 1000),
      keepAliveInterval: intervalMs === undefined ? undefined : ~~((intervalMs as number) / 1000),
      keepAliveCount: count,
    }
    const handle = this._handle as TcpHandle | null
    if (handle !== null && !handle.setKeepAlive) return this
    const isNew = (Object.keys(wanted) as (keyof typeof wanted)[]).some(
      (key) => (wanted.keepAlive || key === 'keepAlive') && wanted[key] !== settings[key],
    )
    Object.assign(settings, wanted)
    if (handle !== null && isNew) {
      const { keepAlive, keepAliveDelay, keepAliveInterval, keepAliveCount } = wanted
      handle.setKeepAlive(keepAlive, keepAliveDelay, keepAliveInterval, keepAliveCount)
    }
    return this
  }

  setTypeOfService(value: unknown): this {
    if (Number.isNaN(value)) throw invalidArgType('tos', 'number', value)
    validateInt32(value, 'tos', 0, 255)
    const settings = this._settings
    if (value === settings.typeOfService) return this
    settings.typeOfService = value as number
    const status = (this._handle as TcpHandle | null)?.setTypeOfService?.(value as number)
    if (status) throw errnoError(status, 'setTypeOfService')
    return this
  }

  getTypeOfService(): number {
    return (this._handle as TcpHandle | null)?.getTypeOfService?.() ?? this._settings.typeOfService ?? 0
  }

  ref(): this {
    if (this._handle) this._handle.ref?.()
    else this.once('connect', () => this.ref())
    return this
  }

  unref(): this {
    if (this._handle) this._handle.unref?.()
    else this.once('connect', () => this.unref())
    return this
  }

  // --- what it is ------------------------------------------------------------------------------

  get _connecting(): boolean {
    return this.connecting
  }

  get pending(): boolean {
    return !this._handle || this.connecting
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  get bufferSize(): number | undefined {
    return this._handle ? this.writableLength : undefined
  }

  get bytesRead(): number {
    return this._handle ? this._handle.bytesRead : this._finalBytesRead
  }

  get _bytesDispatched(): number {
    return this._handle ? this._handle.bytesWritten : this._finalBytesWritten
  }

  get bytesWritten(): number | undefined {
    return pendingBytes(this, this._bytesDispatched)
  }

  address(): SocketName {
    return this._getsockname()
  }

  _getsockname(): SocketName {
    // A pipe has no name of its own but the one that it was bound to.
    if (this._boundPath !== undefined) return { address: this._boundPath }
    const handle = this._handle as TcpHandle | null
    if (!handle?.getsockname) return {}
    if (!this._sockname) {
      this._sockname = {}
      handle.getsockname(this._sockname)
    }
    return this._sockname
  }

  _getpeername(): SocketName {
    const handle = this._handle as TcpHandle | null
    if (!handle?.getpeername || this.connecting) return this._peername ?? {}
    if (!this._peername) {
      const out: SocketName = {}
      if (handle.getpeername(out) !== 0) return out
      this._peername = out
    }
    return this._peername
  }

  get localAddress(): string | undefined {
    return this._getsockname().address
  }

  get localPort(): number | undefined {
    return this._getsockname().port
  }

  get localFamily(): string | undefined {
    return this._getsockname().family
  }

  get remoteAddress(): string | undefined {
    return this._getpeername().address
  }

  get remotePort(): number | undefined {
    return this._getpeername().port
  }

  get remoteFamily(): string | undefined {
    return this._getpeername().family
  }
}
