import diagnosticsChannel from 'node:diagnostics_channel'
import net from 'node:net'
import { Duplex, type DuplexOptions } from 'node:stream'
import { normalizeArgs } from './arguments.ts'
import { connectSocket, type SocketConnectOptions } from './connecting.ts'
import {
  errnoError,
  errnoOf,
  invalidArgType,
  invalidArgValue,
  invalidHandleType,
  socketClosed,
  validateAbortSignal,
  validateInt32,
  validateType,
} from './errors.ts'
import type { HostTimer } from './host.ts'
import type { Network } from './network.ts'
import { adoptHandle, startReading, type UserBuffer, userBufferOf } from './socket-read.ts'
import { setSocketTimeout } from './socket-timeout.ts'
import { dispatchWrite, pendingBytes, writeAfterEnd } from './socket-write.ts'
import type { StreamHandle } from './stream-handle.ts'
import { type SocketName, TcpHandle } from './tcp-handle.ts'

const ENOTCONN = errnoOf('ENOTCONN')
const clientChannel = diagnosticsChannel.channel('net.client.socket')

/** Options of a socket; see Node's `new net.Socket()` and `socket.connect()`. */
export interface SocketOptions extends DuplexOptions {
  readable?: boolean
  writable?: boolean
  fd?: number
  handle?: StreamHandle
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
  declare _settings: SocketSettings
  declare _timer: HostTimer | null
  declare _lastQueueSize: number
  declare _userBuffer: UserBuffer | null
  declare _isResetting: boolean
  declare _finalBytesRead: number
  declare _finalBytesWritten: number

  constructor(given?: SocketOptions | number) {
    const options: SocketOptions = typeof given === 'number' ? { fd: given } : { ...given }
    checkOptions(options)
    super({
      ...options,
      allowHalfOpen: Boolean(options.allowHalfOpen),
      emitClose: false,
      autoDestroy: true,
      decodeStrings: false,
    })
    // A descriptor is the kernel's: what comes out is Node's own socket.
    if (options.handle === undefined && options.fd !== undefined) {
      this.destroy()
      // biome-ignore lint/correctness/noConstructorReturn: the one way in which `new Socket({ fd })` can give it
      return new net.Socket(given as net.SocketConstructorOpts) as unknown as Socket
    }
    this.#initialize(options)
  }

  #initialize(options: SocketOptions): void {
    this.connecting = false
    this._hadError = false
    this._handle = options.handle ?? null
    this._parent = null
    this._host = null
    this._closeAfterHandlingError = false
    this._sockname = null
    this._peername = null
    this._lastQueueSize = 0
    this._timer = null
    this._isResetting = false
    this._userBuffer = userBufferOf(options)
    this._settings = {
      noDelay: Boolean(options.noDelay),
      keepAlive: Boolean(options.keepAlive),
      keepAliveDelay: ~~((options.keepAliveInitialDelay ?? 0) / 1000),
      keepAliveInterval: undefined,
      keepAliveCount: undefined,
      typeOfService: options.typeOfService,
    }
    this._pendingData = null
    this._pendingEncoding = ''
    this.server = null
    this._server = null
    this._finalBytesRead = 0
    this._finalBytesWritten = 0
    this.on('end', onEnd)
    adoptHandle(this)
    const handle = this._handle
    if (handle !== null && options.readable !== false) {
      if (options.pauseOnCreate) {
        handle.reading = false
        handle.readStop()
        ;(this as { readableFlowing: boolean | null }).readableFlowing = false
      } else if (!options.manualStart) this.read(0)
    }
    if (options.signal) watchSignal(this, options.signal)
    if (options.blockList) {
      if (!net.BlockList.isBlockList(options.blockList))
        throw invalidArgType('options.blockList', 'net.BlockList', options.blockList)
      this.blockList = options.blockList
    }
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
    this.#readAgain()
    return super.read(size)
  }

  override resume(): this {
    this.#readAgain()
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

  #readAgain(): void {
    if (this._userBuffer && !this.connecting && this._handle && !this._handle.reading) startReading(this)
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
    else if (handle.setNoDelay !== undefined && on !== settings.noDelay) {
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
    if (handle !== null && handle.setKeepAlive === undefined) return this
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

function checkOptions(options: SocketOptions): void {
  for (const key of ['objectMode', 'readableObjectMode', 'writableObjectMode'] as const) {
    if (options[key]) throw invalidArgValue(`options.${key}`, options[key], 'is not supported')
  }
  if (options.keepAliveInitialDelay !== undefined) {
    validateType(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay', 'number')
    if (options.keepAliveInitialDelay < 0) options.keepAliveInitialDelay = 0
  }
  if (options.typeOfService !== undefined) validateInt32(options.typeOfService, 'options.typeOfService', 0, 255)
}

function onEnd(this: Socket): void {
  if (!this.allowHalfOpen) this.write = writeAfterEnd as typeof this.write
}

function watchSignal(socket: Socket, signal: AbortSignal): void {
  validateAbortSignal(signal, 'options.signal')
  const onAbort = (): void => {
    socket._aborted = true
  }
  process.nextTick(() => {
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
