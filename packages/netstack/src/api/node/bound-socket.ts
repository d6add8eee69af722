import { nodeNet } from './builtins.ts'
import {
  addressError,
  errnoError,
  handleAdopted,
  invalidArgValue,
  validateObject,
  validatePort,
  validateType,
} from './errors.ts'
import type { Network } from './network.ts'
import type { PipeHandle } from './pipe-handle.ts'
import { type SocketName, TCP_IPV6ONLY, TCP_REUSEPORT, type TcpHandle } from './tcp-handle.ts'

export interface BoundSocketOptions {
  host?: string | null
  port?: number
  ipv6Only?: boolean
  reusePort?: boolean
  path?: string
}

/** A socket that has an address and nothing else yet: `net.BoundSocket`. */
export class BoundSocket {
  declare _network: Network
  #handle: TcpHandle | PipeHandle | null = null
  readonly #name: SocketName = {}
  _path: string | undefined = undefined

  constructor(options: BoundSocketOptions = {}) {
    validateObject(options, 'options')
    if (options.path === undefined) this.#bindTcp(options)
    else this.#bindPipe(options)
  }

  #bindTcp(options: BoundSocketOptions): void {
    const port = validatePort(options.port ?? 0, 'options.port')
    const { ipv6Only = false, reusePort = false } = options
    validateType(ipv6Only, 'options.ipv6Only', 'boolean')
    validateType(reusePort, 'options.reusePort', 'boolean')
    const host = options.host ?? (ipv6Only ? '::' : '0.0.0.0')
    validateType(host, 'options.host', 'string')
    const family = nodeNet.isIP(host)
    if (family === 0) {
      const reason = 'must be a numeric IP address; net.BoundSocket does not perform DNS resolution'
      throw invalidArgValue('options.host', host, reason)
    }
    const handle = this._network.createTcp()
    const flags = (ipv6Only ? TCP_IPV6ONLY : 0) | (reusePort ? TCP_REUSEPORT : 0)
    const status = handle.listenLater(host, port, flags, family as 4 | 6) || handle.getsockname(this.#name)
    if (status !== 0) {
      handle.close()
      throw addressError(status, 'bind', host, port)
    }
    this.#handle = handle
  }

  #bindPipe(options: BoundSocketOptions): void {
    const { path = '', host, port, ipv6Only, reusePort } = options
    if ([host, port, ipv6Only, reusePort].some((each) => each !== undefined)) {
      const reason = 'path is mutually exclusive with host, port, ipv6Only, and reusePort'
      throw invalidArgValue('options', options, reason)
    }
    validateType(path, 'options.path', 'string')
    const handle = this._network.createPipe()
    const status = handle.bind(path)
    if (status !== 0) {
      handle.close()
      throw errnoError(status, 'bind')
    }
    this.#handle = handle
    this._path = path
  }

  #take(): TcpHandle | PipeHandle {
    if (this.#handle === null) throw handleAdopted()
    return this.#handle
  }

  address(): SocketName | string {
    this.#take()
    return this._path ?? this.#name
  }

  fd(): number {
    return this.#take().fd
  }

  get isPipe(): boolean {
    return this._path !== undefined
  }

  close(): void {
    this._consume().close()
  }

  [Symbol.dispose](): void {
    if (this.#handle !== null) this.close()
  }

  _consume(): TcpHandle | PipeHandle {
    const handle = this.#take()
    this.#handle = null
    return handle
  }
}
