import diagnosticsChannel from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import type net from 'node:net'
import { promisify } from 'node:util'
import { nodeNet } from './builtins.ts'
import { readSendArguments, type SendRequest } from './datagram-send.ts'
import {
  addressError,
  badBufferSize,
  badSocketType,
  dgramIsConnected,
  dgramNotConnected,
  dgramNotRunning,
  errnoError,
  errnoOf,
  invalidArgType,
  invalidFdType,
  ipBlocked,
  missingArgs,
  socketAlreadyBound,
  validateAbortSignal,
  validatePort,
  validateType,
  validateUint32,
} from './errors.ts'
import type { LookupCallback, NetHost } from './host.ts'
import { bufferSizeError } from './system-error.ts'
import { UdpHandle } from './udp-handle.ts'

const channel = diagnosticsChannel.channel('udp.socket')
/** Calls that wait for the socket to be bound, at most. */
const MAX_QUEUED = 65_536

export interface DatagramSocketOptions {
  type: 'udp4' | 'udp6'
  reuseAddr?: boolean
  reusePort?: boolean
  ipv6Only?: boolean
  recvBufferSize?: number
  sendBufferSize?: number
  lookup?: (hostname: string, family: 4 | 6, callback: LookupCallback) => void
  signal?: AbortSignal
  receiveBlockList?: net.BlockList
  sendBlockList?: net.BlockList
}

type MessageListener = (message: Buffer, info: object) => void
type Completion = (error?: Error | null) => void

/** `dgram.Socket` on a stack, with the behaviour of Node's. */
export class DatagramSocket extends EventEmitter {
  declare _netHost: NetHost
  readonly type: 'udp4' | 'udp6'
  readonly #options: Partial<DatagramSocketOptions>
  #handle: UdpHandle | null
  #state: 'unbound' | 'binding' | 'bound' = 'unbound'
  #connection: 'disconnected' | 'connecting' | 'connected' = 'disconnected'
  #queue: (() => void)[] = []

  constructor(given: 'udp4' | 'udp6' | DatagramSocketOptions, listener?: MessageListener) {
    super()
    const options: Partial<DatagramSocketOptions> =
      typeof given === 'object' && given !== null ? given : { type: given }
    const { type } = options
    if (type !== 'udp4' && type !== 'udp6') throw badSocketType()
    if (options.lookup !== undefined) validateType(options.lookup, 'lookup', 'function')
    for (const key of ['receiveBlockList', 'sendBlockList'] as const) {
      if (options[key] && !nodeNet.BlockList.isBlockList(options[key]))
        throw invalidArgType(`options.${key}`, 'net.BlockList', options[key])
    }
    for (const key of ['recvBufferSize', 'sendBufferSize'] as const)
      if (options[key]) validateUint32(options[key], `options.${key}`)
    this.type = type
    this.#options = options
    const { ipv6Only = false, reuseAddr = false, reusePort = false } = options
    this.#handle = new UdpHandle(this._netHost, type === 'udp4' ? 4 : 6, {
      ipv6Only,
      reuseAddress: reuseAddr || reusePort,
    })
    if (typeof listener === 'function') this.on('message', listener)
    if (options.signal !== undefined) this.#watch(options.signal)
    if (channel.hasSubscribers) channel.publish({ socket: this })
  }

  #watch(signal: AbortSignal): void {
    validateAbortSignal(signal, 'options.signal')
    const onAbort = (): void => {
      if (this.#handle) this.close()
    }
    if (signal.aborted) onAbort()
    else {
      signal.addEventListener('abort', onAbort, { once: true })
      this.once('close', () => signal.removeEventListener('abort', onAbort))
    }
  }

  #check(): UdpHandle {
    if (this.#handle === null) throw dgramNotRunning()
    return this.#handle
  }

  /** An address of the socket's family for a name; none means this host. */
  #lookup(name: string | undefined, callback: (error: Error | null, address: string) => void): void {
    const address = name || (this.type === 'udp4' ? '127.0.0.1' : '::1')
    const family = this.type === 'udp4' ? 4 : 6
    const { lookup } = this.#options
    // As in Node: a lookup that was given has the family alone as its second argument.
    if (lookup !== undefined) lookup(address, family, (error, found) => callback(error, found as string))
    else this._netHost.lookup(address, { family }, (error, found) => callback(error, found as string))
  }

  // --- binding ---------------------------------------------------------------------------------

  bind(...args: unknown[]): this {
    const handle = this.#check()
    if (this.#state !== 'unbound') throw socketAlreadyBound()
    this.#state = 'binding'
    const callback = args.at(-1)
    if (typeof callback === 'function') this.#whenListening(callback as () => void)
    const [first, second] = args
    const options =
      typeof first === 'object' && first !== null ? (first as { port?: number; address?: string; fd?: number }) : null
    if (options?.fd !== undefined && options.fd > 0) throw invalidFdType('UNKNOWN')
    const port = options === null ? (first as number | undefined) : options.port
    const given = options === null ? second : options.address
    const address = typeof given === 'string' && given !== '' ? given : this.type === 'udp4' ? '0.0.0.0' : '::'
    this.#lookup(address, (error, ip) => {
      if (this.#handle === null) return
      const number = typeof port === 'function' ? 0 : Number(port) || 0
      const status = error === null ? handle.bind(ip, number) : 0
      const failure = error ?? (status === 0 ? null : addressError(status, 'bind', ip, number))
      if (failure === null) this.#startListening(handle)
      else {
        this.#state = 'unbound'
        this.emit('error', failure)
      }
    })
    return this
  }

  #whenListening(callback: () => void): void {
    const remove = (): void => {
      this.removeListener(EventEmitter.errorMonitor, remove)
      this.removeListener('listening', onListening)
    }
    const onListening = (): void => {
      remove()
      callback.call(this)
    }
    this.on(EventEmitter.errorMonitor, remove)
    this.on('listening', onListening)
  }

  #startListening(handle: UdpHandle): void {
    handle.onmessage = (bytes, info) => {
      const { receiveBlockList } = this.#options
      if (receiveBlockList?.check(info.address, info.family === 'IPv4' ? 'ipv4' : 'ipv6')) return
      this.emit('message', Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), info)
    }
    handle.onerror = (status) => this.emit('error', errnoError(status, 'recvmsg'))
    handle.receiveStart()
    this.#state = 'bound'
    const { recvBufferSize, sendBufferSize } = this.#options
    if (recvBufferSize) this.setRecvBufferSize(recvBufferSize)
    if (sendBufferSize) this.setSendBufferSize(sendBufferSize)
    this.emit('listening')
  }

  /** Runs it when the socket is bound. False when too much waits for that. */
  #later(action: () => void): boolean {
    if (this.#queue.length >= MAX_QUEUED) return false
    this.#queue.push(action)
    if (this.#queue.length > 1) return true
    const done = (): void => {
      this.removeListener('listening', done)
      this.removeListener(EventEmitter.errorMonitor, failed)
      for (const each of this.#queue.splice(0)) each()
    }
    const failed = (): void => {
      this.removeListener('listening', done)
      this.removeListener(EventEmitter.errorMonitor, failed)
      this.#queue.length = 0
    }
    this.once('listening', done)
    this.once(EventEmitter.errorMonitor, failed)
    return true
  }

  // --- connecting ------------------------------------------------------------------------------

  connect(givenPort: number, given?: string | Completion, callback?: Completion): void {
    const port = validatePort(givenPort, 'Port', false)
    const done = typeof given === 'function' ? given : callback
    const address = typeof given === 'function' || given === undefined ? '' : given
    validateType(address, 'address', 'string')
    this.#check()
    if (this.#connection !== 'disconnected') throw dgramIsConnected()
    this.#connection = 'connecting'
    if (this.#state === 'unbound') this.bind({ port: 0, exclusive: true }, null)
    const start = (): void => this.#connect(port, address, done)
    if (this.#state === 'bound') start()
    else this.#later(start)
  }

  #connect(port: number, address: string, callback: Completion | undefined): void {
    if (callback !== undefined) this.once('connect', callback)
    this.#lookup(address, (lookupError, ip) => {
      const handle = this.#handle
      if (handle === null) return
      let error: Error | null = lookupError
      if (error === null && this.#isBlocked(ip)) error = ipBlocked(ip)
      if (error === null) {
        const status = handle.connect(ip, port)
        if (status !== 0) error = addressError(status, 'connect', address, port)
      }
      this.#connection = error === null ? 'connected' : 'disconnected'
      process.nextTick(() => {
        if (error === null) this.emit('connect')
        else if (callback !== undefined) {
          this.removeListener('connect', callback)
          callback(error)
        } else this.emit('error', error)
      })
    })
  }

  #isBlocked(ip: string): boolean {
    return this.#options.sendBlockList?.check(ip, nodeNet.isIP(ip) === 6 ? 'ipv6' : 'ipv4') ?? false
  }

  disconnect(): void {
    if (this.#connection !== 'connected') throw dgramNotConnected()
    const status = this.#check().disconnect()
    if (status !== 0) throw errnoError(status, 'connect')
    this.#connection = 'disconnected'
  }

  // --- sending ---------------------------------------------------------------------------------

  send(...args: unknown[]): void {
    const request = readSendArguments(args, this.#connection === 'connected')
    this.#check()
    if (this.#state === 'unbound') this.bind({ port: 0, exclusive: true }, null)
    if (this.#state === 'bound') this.#send(request)
    else if (!this.#later(() => this.#send(request)) && request.callback !== undefined) {
      process.nextTick(request.callback, errnoError(errnoOf('ENOBUFS'), 'send'))
    }
  }

  sendto(buffer: unknown, offset: number, length: number, port: number, address: string, callback?: Completion): void {
    validateType(offset, 'offset', 'number')
    validateType(length, 'length', 'number')
    validateType(port, 'port', 'number')
    validateType(address, 'address', 'string')
    this.send(buffer, offset, length, port, address, callback)
  }

  #send(request: SendRequest): void {
    if (request.port === null) {
      this.#transmit(request, null, null)
      return
    }
    this.#lookup(request.address, (error, ip) => this.#transmit(request, error, ip))
  }

  #transmit(request: SendRequest, lookupError: Error | null, ip: string | null): void {
    const { bytes, port, address, callback } = request
    if (lookupError !== null) {
      process.nextTick(() => {
        if (callback === undefined) this.emit('error', lookupError)
        else callback(lookupError)
      })
      return
    }
    const handle = this.#handle
    if (handle === null) return
    const blocked = ip !== null && this.#isBlocked(ip)
    const sent = blocked ? 0 : handle.send(bytes, ip, port ?? 0)
    if (callback === undefined) return
    const error = blocked ? ipBlocked(ip!) : sent < 0 ? addressError(sent, 'send', address, port ?? undefined) : null
    if (error !== null) process.nextTick(callback, error)
    else process.nextTick(callback, null, sent)
  }

  // --- what it is, and its end ------------------------------------------------------------------

  address(): object {
    const out = {}
    const status = this.#check().getsockname(out)
    if (status !== 0) throw errnoError(status, 'getsockname')
    return out
  }

  remoteAddress(): object {
    const handle = this.#check()
    if (this.#connection !== 'connected') throw dgramNotConnected()
    const out = {}
    const status = handle.getpeername(out)
    if (status !== 0) throw errnoError(status, 'getpeername')
    return out
  }

  close(callback?: () => void): this {
    if (typeof callback === 'function') this.on('close', callback)
    if (this.#queue.length > 0) {
      this.#queue.push(() => this.close())
      return this
    }
    this.#check().close()
    this.#handle = null
    process.nextTick(() => this.emit('close'))
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#handle === null) return
    await promisify((done: () => void) => this.close(done))()
  }

  ref(): this {
    this.#handle?.ref()
    return this
  }

  unref(): this {
    this.#handle?.unref()
    return this
  }

  // --- options ---------------------------------------------------------------------------------

  #set(status: number, syscall: string): void {
    if (status !== 0) throw errnoError(status, syscall)
  }

  setBroadcast(on: unknown): void {
    this.#set(this.#check().setBroadcast(Boolean(on)), 'setBroadcast')
  }

  setTTL(value: number): number {
    validateType(value, 'ttl', 'number')
    this.#set(this.#check().setTTL(value), 'setTTL')
    return value
  }

  setMulticastTTL(value: number): number {
    validateType(value, 'ttl', 'number')
    this.#set(this.#check().setMulticastTTL(value), 'setMulticastTTL')
    return value
  }

  setMulticastLoopback(on: unknown): unknown {
    this.#set(this.#check().setMulticastLoopback(Boolean(on)), 'setMulticastLoopback')
    return on
  }

  setMulticastInterface(address: string): void {
    const handle = this.#check()
    validateType(address, 'interfaceAddress', 'string')
    this.#set(handle.setMulticastInterface(address), 'setMulticastInterface')
  }

  addMembership(group: string, via?: string): void {
    const handle = this.#check()
    if (!group) throw missingArgs(['multicastAddress'])
    this.#set(handle.addMembership(group, via), 'addMembership')
  }

  dropMembership(group: string, via?: string): void {
    const handle = this.#check()
    if (!group) throw missingArgs(['multicastAddress'])
    this.#set(handle.dropMembership(group, via), 'dropMembership')
  }

  /** The stack has no source filters: refused. */
  addSourceSpecificMembership(source: string, group: string, _via?: string): void {
    validateType(source, 'sourceAddress', 'string')
    validateType(group, 'groupAddress', 'string')
    this.#set(
      errnoOf(nodeNet.isIP(source) && nodeNet.isIP(group) ? 'ENOPROTOOPT' : 'EINVAL'),
      'addSourceSpecificMembership',
    )
  }

  dropSourceSpecificMembership(source: string, group: string, _via?: string): void {
    validateType(source, 'sourceAddress', 'string')
    validateType(group, 'groupAddress', 'string')
    this.#set(
      errnoOf(nodeNet.isIP(source) && nodeNet.isIP(group) ? 'ENOPROTOOPT' : 'EINVAL'),
      'dropSourceSpecificMembership',
    )
  }

  /** @param size 0 asks for the size that there is */
  #bufferSize(which: 'recv' | 'send', size: number): number {
    if (size >>> 0 !== size) throw badBufferSize()
    const result = this.#check().bufferSize(which, size)
    if (result < 0) throw bufferSizeError(result, `uv_${which}_buffer_size`)
    return result
  }

  setRecvBufferSize(size: number): void {
    this.#bufferSize('recv', size)
  }

  getRecvBufferSize(): number {
    return this.#bufferSize('recv', 0)
  }

  /** What is sent leaves at once: the size is remembered for whoever asks. */
  setSendBufferSize(size: number): void {
    this.#bufferSize('send', size)
  }

  getSendBufferSize(): number {
    return this.#bufferSize('send', 0)
  }

  getSendQueueSize(): number {
    return this.#handle?.getSendQueueSize() ?? 0
  }

  getSendQueueCount(): number {
    return this.#handle?.getSendQueueCount() ?? 0
  }
}
