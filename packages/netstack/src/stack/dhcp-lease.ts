import { IpAddress } from '../internet/address.ts'
import { type Dhcpv4Message, dhcpv4Option } from '../wire/dhcpv4.ts'

/** What a server has lent. Times are Infinity for a lease that does not end. */
export interface DhcpLease {
  readonly address: IpAddress
  readonly prefixLength: number
  readonly routers: readonly IpAddress[]
  readonly dnsServers: readonly IpAddress[]
  readonly domainName: string
  readonly server: IpAddress
  readonly leaseMs: number
  readonly renewMs: number
  readonly rebindMs: number
}

/** RFC 2131 3.3: no end. */
const INFINITE_SECONDS = 0xffff_ffff
const MAX_LISTED = 8

/** The lease that an offer or acknowledgement describes, or null where it lacks what it must have, or cannot be used. */
export function readLease(message: Dhcpv4Message): DhcpLease | null {
  const server = dhcpv4Option(message, 'server-identifier')
  const seconds = dhcpv4Option(message, 'lease-time')?.seconds ?? 0
  const address = IpAddress.v4(message.yourAddress)
  if (server === undefined || seconds === 0 || !isHost(address)) return null
  const list = (name: 'routers' | 'domain-name-servers'): IpAddress[] =>
    (dhcpv4Option(message, name)?.addresses ?? [])
      .map((entry) => IpAddress.v4(entry.address))
      .filter(isHost)
      .slice(0, MAX_LISTED)
  return {
    address,
    prefixLength: prefixLengthOf(dhcpv4Option(message, 'subnet-mask')?.address),
    routers: list('routers'),
    dnsServers: list('domain-name-servers'),
    domainName: new TextDecoder().decode(dhcpv4Option(message, 'domain-name')?.text ?? new Uint8Array(0)),
    server: IpAddress.v4(server.address),
    ...timesOf(message, seconds === INFINITE_SECONDS ? Number.POSITIVE_INFINITY : seconds),
  }
}

/** T1 and T2 as told where they stand in their order within the lease, else the defaults of RFC 2131 4.4.5. */
function timesOf(message: Dhcpv4Message, seconds: number): Pick<DhcpLease, 'leaseMs' | 'renewMs' | 'rebindMs'> {
  let renew = dhcpv4Option(message, 'renewal-time')?.seconds ?? seconds / 2
  let rebind = dhcpv4Option(message, 'rebinding-time')?.seconds ?? (seconds * 7) / 8
  if (renew <= 0 || renew > rebind || rebind > seconds) {
    renew = seconds / 2
    rebind = (seconds * 7) / 8
  }
  return { leaseMs: seconds * 1000, renewMs: renew * 1000, rebindMs: rebind * 1000 }
}

/** A mask with holes, or of nothing, is none. */
function prefixLengthOf(mask: number | undefined): number {
  if (mask === undefined || mask === 0) return 24
  const length = Math.clz32(~mask >>> 0)
  return mask === (0xffff_ffff << (32 - length)) >>> 0 || length === 32 ? length : 24
}

/** Neither a group nor reserved, not of this network without a number, not of this host (RFC 1122 3.2.1.3). */
function isHost({ w3 }: IpAddress): boolean {
  const first = w3 >>> 24
  return first !== 0 && first !== 127 && first < 224
}
