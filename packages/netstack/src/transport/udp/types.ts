import type { IpAddress } from '../../internet/address.ts'
import type { NetworkInterface } from '../../internet/interface.ts'

/** POSIX names, as `node:dgram` shows them. */
export type UdpErrorCode =
  | 'EACCES'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'EBADF'
  | 'ECONNREFUSED'
  | 'EDESTADDRREQ'
  | 'EHOSTUNREACH'
  | 'EINVAL'
  | 'EISCONN'
  | 'EMSGSIZE'
  | 'ENETUNREACH'
  | 'ENOBUFS'
  | 'ENOTCONN'

/** A call that cannot be carried out, or an ICMP error about what was sent. */
export class UdpError extends Error {
  readonly code: UdpErrorCode

  constructor(code: UdpErrorCode, message: string) {
    super(`${code}: ${message}`)
    this.name = 'UdpError'
    this.code = code
  }
}

/** A datagram as it was received; `bytes` belongs to whoever takes it. */
export interface Datagram {
  readonly bytes: Uint8Array
  readonly source: IpAddress
  readonly sourcePort: number
  readonly destination: IpAddress
  readonly interface: NetworkInterface
  readonly hopLimit: number
  readonly ecn: number
}

export interface UdpOptions {
  /** First and last port chosen where none is named (RFC 6335 6). */
  ephemeralPorts?: readonly [number, number]
  /** Sockets that are open at a time. */
  maxSockets?: number
  /** Payload bytes that wait in one socket; further datagrams are dropped. */
  receiveQueueBytes?: number
  /** Datagrams that wait in one socket. */
  receiveQueueDatagrams?: number
}

export interface UdpCounters {
  inDatagrams: number
  outDatagrams: number
  noPorts: number
  inErrors: number
  inChecksumErrors: number
  receiveBufferErrors: number
  sendErrors: number
  socketsRefused: number
}

export interface UdpSocketOptions {
  /** A socket of family 6 takes IPv4 too unless `ipv6Only`. */
  family: 4 | 6
  ipv6Only?: boolean
  /** Several sockets may bind the same port, each receiving what goes to groups. */
  reuseAddress?: boolean
  receiveQueueBytes?: number
}
