import type { Frame } from '../link/frame.ts'
import { type AddressFamily, IpAddress } from './address.ts'
import type { NetworkInterface } from './interface.ts'

/**
 * What the internet layer knows about the packet that it hands up, in one record per host that is filled again and
 * again. Address words are signed 32-bit integers, IPv4 in its mapped form.
 */
export class PacketInfo {
  family: AddressFamily = 4
  s0 = 0
  s1 = 0
  s2 = 0
  s3 = 0
  d0 = 0
  d1 = 0
  d2 = 0
  d3 = 0
  protocol = 0
  ecn = 0
  hopLimit = 0
  /** The destination is a multicast or broadcast address, of IP or of the link. */
  toGroup = false
  interface: NetworkInterface | null = null
  /** Where the IP header stands in the frame's bytes. */
  headerStart = 0

  /** Allocates. */
  get source(): IpAddress {
    return new IpAddress(this.family, this.s0, this.s1, this.s2, this.s3)
  }

  /** Allocates. */
  get destination(): IpAddress {
    return new IpAddress(this.family, this.d0, this.d1, this.d2, this.d3)
  }
}

/** A transport as the internet layer sees it. */
export interface Transport {
  /** The frame's start..end spans the transport header and payload. The frame stays with the caller. */
  receive(frame: Frame, info: PacketInfo, now: number): void
  /** A packet of ours did not arrive. */
  onError(error: IcmpError, now: number): void
  /** Whether the packet that an error quotes may be one of ours that is under way: nobody else can lower a path's MTU (RFC 5927 7, RFC 8201 4). */
  recognises(error: IcmpError): boolean
}

/** What went wrong with a packet of ours, as ICMP of either family says it. */
export type IcmpErrorKind =
  | 'network-unreachable'
  | 'host-unreachable'
  | 'protocol-unreachable'
  | 'port-unreachable'
  | 'administratively-prohibited'
  | 'fragmentation-needed'
  | 'time-exceeded'
  | 'parameter-problem'
  | 'source-quench'
  | 'unknown'

/** An ICMP error about a packet that one of our addresses sent. */
export interface IcmpError {
  readonly kind: IcmpErrorKind
  readonly type: number
  readonly code: number
  /** With `fragmentation-needed`: the MTU told, 0 when none. */
  readonly mtu: number
  /** Who says so: a router on the way, the destination, or our own address when no neighbour answered. */
  readonly reporter: IpAddress
  /** Source and destination of the packet that is quoted: the source is ours. */
  readonly local: IpAddress
  readonly remote: IpAddress
  readonly protocol: number
  /** As much of the quoted packet as there is, from its transport header on: bytes[start..end). */
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}
