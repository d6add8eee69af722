// Both kinds of host under one interface, so that a script does not know which it has before it.
import { IpAddress } from '../../src/internet/address.ts'
import type { Stack } from '../../src/stack/stack.ts'
import type {
  TcpCloseReason,
  TcpConnection,
  TcpConnectionOptions,
  TcpListener,
  TcpState,
} from '../../src/transport/tcp/mod.ts'
import { KernelSocket } from './kernel-socket.ts'
import type { Namespace } from './namespace.ts'

/** A socket as POSIX has it: errors come once, when something is read or written. */
export interface PeerSocket {
  readonly state: TcpState
  /** Bytes taken, or the name of an error. */
  send(bytes: Uint8Array): number | string
  sendUrgent(bytes: Uint8Array): number | string
  /** At most so many bytes; empty when there are none now; 'end'; or the name of an error. */
  receive(most: number): Uint8Array | string
  /** Nothing more is sent; reading goes on. */
  shutdown(): void
  close(): void
  /** RST in the place of FIN. */
  reset(): void
}

export interface PeerListener {
  accept(): PeerSocket | undefined
  close(): void
}

export interface PeerConnectOptions {
  localPort?: number
  prepare?: ((socket: PeerSocket) => void) | undefined
  options?: TcpConnectionOptions | undefined
}

export interface PeerHost {
  readonly address: string
  listen(port: number): PeerListener
  connect(address: string, port: number, options?: PeerConnectOptions): PeerSocket
  /** Connections in TIME-WAIT. */
  timeWaits(): number
  /** Connections that are neither in TIME-WAIT nor gone. */
  openConnections(): number
  close(): void
}

const ERRORS: Readonly<Partial<Record<TcpCloseReason, string>>> = {
  reset: 'ECONNRESET',
  refused: 'ECONNREFUSED',
  timeout: 'ETIMEDOUT',
  'keepalive-timeout': 'ETIMEDOUT',
  'host-unreachable': 'EHOSTUNREACH',
}

/** A connection of this stack. */
export class StackSocket implements PeerSocket {
  readonly connection: TcpConnection
  /** States in their order. */
  readonly states: TcpState[] = []
  urgentAt = -1
  troubled = false
  readonly #kick: () => void
  #error: string | undefined

  constructor(connection: TcpConnection, kick: () => void) {
    this.connection = connection
    this.#kick = kick
    connection.observer = {
      onStateChange: (_connection, _from, to) => void this.states.push(to),
      onUrgent: () => {
        this.urgentAt = connection.urgentPosition
      },
      onTrouble: () => {
        this.troubled = true
      },
      onClosed: (_connection, reason) => {
        this.#error = ERRORS[reason]
      },
    }
  }

  get state(): TcpState {
    return this.connection.state
  }

  #call<Result>(action: (now: number) => Result): Result {
    try {
      return action(performance.now())
    } finally {
      this.#kick()
    }
  }

  send(bytes: Uint8Array): number | string {
    return this.#send((now) => this.connection.send(bytes, now))
  }

  sendUrgent(bytes: Uint8Array): number | string {
    return this.#send((now) => this.connection.sendUrgent(bytes, now))
  }

  #send(action: (now: number) => number): number | string {
    try {
      return this.#call(action)
    } catch (error) {
      return this.#takeError() ?? (error as { code: string }).code
    }
  }

  #takeError(): string | undefined {
    const error = this.#error
    this.#error = undefined
    return error
  }

  receive(most: number): Uint8Array | string {
    const error = this.#takeError()
    if (error !== undefined) return error
    const bytes = new Uint8Array(Math.min(most, this.connection.readableBytes))
    if (bytes.length > 0) this.#call((now) => this.connection.read(bytes, now))
    else if (this.connection.ended || this.state === 'CLOSED') return 'end'
    return bytes
  }

  shutdown(): void {
    this.#call((now) => this.connection.shutdown(now))
  }

  close(): void {
    this.#call((now) => this.connection.abandon(now))
  }

  reset(): void {
    this.#call((now) => this.connection.abort(now))
  }
}

export class StackHost implements PeerHost {
  readonly stack: Stack
  readonly address: string
  readonly kick: () => void

  constructor(stack: Stack, address: string, kick: () => void) {
    this.stack = stack
    this.address = address
    this.kick = kick
  }

  listen(
    port: number,
    options?: TcpConnectionOptions,
  ): { accept(): StackSocket | undefined; close(): void; readonly listener: TcpListener } {
    const listener = this.stack.tcp.listen(
      { port, address: IpAddress.parse(this.address), onConnection: () => {}, ...(options && { options }) },
      performance.now(),
    )
    return {
      listener,
      accept: () => {
        const connection = listener.accept()
        return connection === undefined ? undefined : new StackSocket(connection, this.kick)
      },
      close: () => listener.close(performance.now()),
    }
  }

  connect(address: string, port: number, { localPort = 0, options }: PeerConnectOptions = {}): StackSocket {
    const [local, remote] = [this.address, address].map((text) => IpAddress.parse(text))
    const connection = this.stack.tcp.connect(
      { local, remote, remotePort: port, localPort, ...(options && { options }) },
      performance.now(),
    )
    this.kick()
    return new StackSocket(connection, this.kick)
  }

  timeWaits(): number {
    return [...this.stack.tcp.connections()].filter(({ state }) => state === 'TIME-WAIT').length
  }

  openConnections(): number {
    return [...this.stack.tcp.connections()].length - this.timeWaits()
  }

  close(): void {
    this.stack.tcp.abortAll(performance.now(), true)
  }
}

/** A socket of the kernel, as seen from a script. */
export class KernelPeerSocket extends KernelSocket implements PeerSocket {
  get state(): TcpState {
    return this.info().state
  }
}

export class KernelHost implements PeerHost {
  readonly namespace: Namespace
  readonly address: string
  readonly #sockets: Set<KernelSocket> = new Set()

  constructor(namespace: Namespace, address: string) {
    this.namespace = namespace
    this.address = address
  }

  #make(): KernelPeerSocket {
    const socket = new KernelPeerSocket(KernelSocket.make(this.namespace, this.address.includes(':') ? 6 : 4).fd)
    this.#sockets.add(socket)
    return socket
  }

  listen(port: number): PeerListener {
    const socket = this.#make()
    socket.bind(this.address, port)
    socket.listen()
    return {
      accept: () => {
        const accepted = socket.accept()
        if (accepted === undefined) return undefined
        const peer = new KernelPeerSocket(accepted.fd)
        this.#sockets.add(peer)
        return peer
      },
      close: () => socket.close(),
    }
  }

  connect(address: string, port: number, { localPort, prepare }: PeerConnectOptions = {}): KernelPeerSocket {
    const socket = this.#make()
    if (localPort !== undefined) socket.bind(this.address, localPort)
    prepare?.(socket)
    socket.connect(address, port)
    return socket
  }

  timeWaits(): number {
    return this.#states().filter((state) => state === 0x06).length
  }

  openConnections(): number {
    return this.#states().filter((state) => state !== 0x06 && state !== 0x0a).length
  }

  /** Column "st" of /proc/net/tcp: 06 is TIME_WAIT, 0A is LISTEN. */
  #states(): number[] {
    return ['tcp', 'tcp6'].flatMap((file) =>
      this.namespace
        .proc(file)
        .split('\n')
        .slice(1)
        .filter((line) => line !== '')
        .map((line) => Number.parseInt(line.trim().split(/\s+/)[3]!, 16)),
    )
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }
}
