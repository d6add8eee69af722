// Sockets of the kernel in a namespace, called directly: Node's net has no urgent data, no SO_LINGER and no TCP_INFO.
import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { IpAddress } from '../../src/internet/address.ts'
import type { TcpState } from '../../src/transport/tcp/mod.ts'
import { libc, type Namespace } from './namespace.ts'

const AF_INET = 2
const AF_INET6 = 10
const SOCK_STREAM_NONBLOCK = 1 | 0o4000
const SOL_SOCKET = 1
const SO_ERROR = 4
const SO_REUSEADDR = 2
const SO_LINGER = 13
const IPPROTO_TCP = 6
const TCP_INFO = 11
const MSG_OOB = 1
const MSG_NOSIGNAL = 0x4000
const SIOCATMARK = 0x8905
const SHUT_WR = 1
const EAGAIN = 11
const EINPROGRESS = 115

const ERRORS: Readonly<Record<number, string>> = {
  11: 'EAGAIN',
  22: 'EINVAL',
  32: 'EPIPE',
  104: 'ECONNRESET',
  107: 'ENOTCONN',
  110: 'ETIMEDOUT',
  111: 'ECONNREFUSED',
  113: 'EHOSTUNREACH',
}

/** include/net/tcp_states.h */
const STATES: readonly (TcpState | '')[] = [
  '',
  'ESTABLISHED',
  'SYN-SENT',
  'SYN-RECEIVED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'CLOSED',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
]

type Calls = Record<
  | 'socket'
  | 'bind'
  | 'connect'
  | 'listen'
  | 'accept4'
  | 'send'
  | 'recv'
  | 'shutdown'
  | 'setsockopt'
  | 'getsockopt'
  | 'getsockname'
  | 'ioctl',
  (...values: unknown[]) => number
>
let calls: Calls | undefined

function system(): Calls {
  if (calls === undefined) {
    const library = libc().load(null)
    calls = {
      socket: library.func('int socket(int domain, int type, int protocol)'),
      bind: library.func('int bind(int fd, void *address, uint32_t length)'),
      connect: library.func('int connect(int fd, void *address, uint32_t length)'),
      listen: library.func('int listen(int fd, int backlog)'),
      accept4: library.func('int accept4(int fd, void *address, void *length, int flags)'),
      send: library.func('long send(int fd, void *bytes, size_t length, int flags)'),
      recv: library.func('long recv(int fd, void *bytes, size_t length, int flags)'),
      shutdown: library.func('int shutdown(int fd, int how)'),
      setsockopt: library.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)'),
      getsockopt: library.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
      getsockname: library.func('int getsockname(int fd, void *address, void *length)'),
      ioctl: library.func('int ioctl(int fd, unsigned long request, void *argument)'),
    }
  }
  return calls
}

function errorName(): string {
  const errno = libc().errno()
  return ERRORS[errno] ?? `errno ${errno}`
}

function socketAddress(text: string, port: number): Uint8Array {
  const address = IpAddress.parse(text)
  const bytes = new Uint8Array(address.family === 4 ? 16 : 28)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, address.family === 4 ? AF_INET : AF_INET6, true)
  view.setUint16(2, port)
  if (address.family === 4) view.setUint32(4, address.w3)
  else
    [address.w0, address.w1, address.w2, address.w3].forEach((word, index) => void view.setUint32(8 + index * 4, word))
  return bytes
}

/** What TCP_INFO tells, as far as it is looked at. */
export interface KernelTcpInfo {
  readonly state: TcpState
  readonly ecn: boolean
  readonly ecnSeen: boolean
  readonly sendScale: number
  readonly receiveScale: number
  readonly sendMss: number
  readonly pathMtu: number
  readonly congestionWindow: number
  readonly slowStartThreshold: number
  readonly retransmits: number
}

/** One socket of the kernel, never blocking. */
export class KernelSocket {
  readonly fd: number
  #open = true

  constructor(fd: number) {
    this.fd = fd
  }

  static make(namespace: Namespace, family: 4 | 6): KernelSocket {
    const domain = family === 4 ? AF_INET : AF_INET6
    const fd = namespace.enter(() => system().socket(domain, SOCK_STREAM_NONBLOCK, 0))
    assert.ok(fd >= 0, `socket: ${errorName()}`)
    const socket = new KernelSocket(fd)
    socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
    return socket
  }

  set(level: number, name: number, ...values: number[]): void {
    const value = new Int32Array(values)
    assert.equal(system().setsockopt(this.fd, level, name, value, value.byteLength), 0, `setsockopt: ${errorName()}`)
  }

  bind(address: string, port: number): void {
    const bytes = socketAddress(address, port)
    assert.equal(system().bind(this.fd, bytes, bytes.length), 0, `bind: ${errorName()}`)
  }

  listen(backlog = 16): void {
    assert.equal(system().listen(this.fd, backlog), 0, `listen: ${errorName()}`)
  }

  get port(): number {
    const bytes = new Uint8Array(28)
    assert.equal(system().getsockname(this.fd, bytes, new Int32Array([28])), 0)
    return (bytes[2] << 8) | bytes[3]
  }

  connect(address: string, port: number): void {
    const bytes = socketAddress(address, port)
    if (system().connect(this.fd, bytes, bytes.length) === 0) return
    assert.equal(libc().errno(), EINPROGRESS, `connect: ${errorName()}`)
  }

  accept(): KernelSocket | undefined {
    const fd = system().accept4(this.fd, null, null, 0o4000)
    if (fd >= 0) return new KernelSocket(fd)
    assert.equal(libc().errno(), EAGAIN, `accept: ${errorName()}`)
    return undefined
  }

  /** Bytes taken, 0 when there is no room, or the name of an error. */
  send(bytes: Uint8Array, flags = 0): number | string {
    const sent = system().send(this.fd, bytes, bytes.length, flags | MSG_NOSIGNAL)
    if (sent >= 0) return sent
    return libc().errno() === EAGAIN ? 0 : errorName()
  }

  sendUrgent(bytes: Uint8Array): number | string {
    return this.send(bytes, MSG_OOB)
  }

  /** Bytes read; empty when there are none now; the end as 'end'; else the name of an error. */
  receive(most: number, flags = 0): Uint8Array | string {
    const bytes = new Uint8Array(most)
    const count = system().recv(this.fd, bytes, most, flags)
    if (count > 0) return bytes.subarray(0, count)
    if (count === 0) return 'end'
    return libc().errno() === EAGAIN ? new Uint8Array(0) : errorName()
  }

  receiveUrgent(): Uint8Array | string {
    return this.receive(1, MSG_OOB)
  }

  /** Whether the next byte to read is the one behind the urgent mark. */
  get atMark(): boolean {
    const value = new Int32Array(1)
    assert.equal(system().ioctl(this.fd, SIOCATMARK, value), 0)
    return value[0] === 1
  }

  shutdown(): void {
    system().shutdown(this.fd, SHUT_WR)
  }

  /** The error that waits in the socket, or undefined. */
  error(): string | undefined {
    const value = new Int32Array(1)
    system().getsockopt(this.fd, SOL_SOCKET, SO_ERROR, value, new Int32Array([4]))
    return value[0] === 0 ? undefined : (ERRORS[value[0]] ?? `errno ${value[0]}`)
  }

  info(): KernelTcpInfo {
    const bytes = new Uint8Array(232)
    assert.equal(system().getsockopt(this.fd, IPPROTO_TCP, TCP_INFO, bytes, new Int32Array([bytes.length])), 0)
    const view = new DataView(bytes.buffer)
    const word = (index: number): number => view.getUint32(8 + index * 4, true)
    return {
      state: STATES[bytes[0]] as TcpState,
      ecn: (bytes[5] & 8) !== 0,
      ecnSeen: (bytes[5] & 16) !== 0,
      sendScale: bytes[6] & 15,
      receiveScale: bytes[6] >> 4,
      sendMss: word(2),
      pathMtu: word(13),
      slowStartThreshold: word(17),
      congestionWindow: word(18),
      retransmits: word(23),
    }
  }

  /** RST in the place of FIN. */
  reset(): void {
    this.set(SOL_SOCKET, SO_LINGER, 1, 0)
    this.close()
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    closeSync(this.fd)
  }
}
