import type { IpAddress } from './address.ts'
import type { InterfaceAddress, NetworkInterface } from './interface.ts'
import { commonPrefixLength } from './prefix.ts'

/**
 * The address that a packet to `destination` through `out` carries as its source. IPv4: the address in the network
 * of the next hop, else the first (RFC 1122 3.3.4.3). IPv6: rules 1, 2, 3, 5 and 8 of RFC 6724 5.
 * RFC9293:MUST-44 asks for it before a SYN.
 */
export function selectSource(
  destination: IpAddress,
  nextHop: IpAddress,
  out: NetworkInterface,
  all: readonly NetworkInterface[],
): IpAddress | null {
  return destination.family === 4 ? selectV4(destination, nextHop, out, all) : selectV6(destination, out, all)
}

function selectV4(
  destination: IpAddress,
  nextHop: IpAddress,
  out: NetworkInterface,
  all: readonly NetworkInterface[],
): IpAddress | null {
  let first: IpAddress | null = null
  for (const own of out.addresses) {
    if (own.address.family !== 4) continue
    if (own.prefix.contains(nextHop)) return own.address
    first ??= own.address
  }
  // Whoever has no address yet says so when it asks everybody (RFC 2131 4.1).
  if (first !== null || destination.isLimitedBroadcast) return first
  // An unnumbered interface borrows an address (RFC 1812 2.2.7).
  for (const other of all) {
    if (other === out || other.isLoopback) continue
    for (const own of other.addresses) if (own.address.family === 4) return own.address
  }
  return null
}

function selectV6(destination: IpAddress, out: NetworkInterface, all: readonly NetworkInterface[]): IpAddress | null {
  let best: InterfaceAddress | null = null
  let bestOut = false
  for (const network of all) {
    if (network.isLoopback !== out.isLoopback) continue
    // Link-local destinations and groups allow the outgoing interface's addresses only (RFC 6724 4).
    if (network !== out && (destination.isLinkLocal || destination.isMulticast)) continue
    for (const own of network.addresses) {
      if (own.address.family !== 6 || own.state === 'tentative' || own.state === 'duplicated') continue
      if (network !== out && own.address.isLinkLocal) continue
      if (best === null || isBetter(own, network === out, best, bestOut, destination)) {
        best = own
        bestOut = network === out
      }
    }
  }
  return best === null ? null : best.address
}

function isBetter(a: InterfaceAddress, aOut: boolean, b: InterfaceAddress, bOut: boolean, to: IpAddress): boolean {
  const aSame = a.address.equals(to)
  if (aSame !== b.address.equals(to)) return aSame
  const scope = scopeOf(to)
  const aScope = scopeOf(a.address)
  const bScope = scopeOf(b.address)
  if (aScope !== bScope) return aScope < bScope ? aScope >= scope : bScope < scope
  if (a.state !== b.state) return a.state === 'preferred'
  if (aOut !== bOut) return aOut
  return commonPrefixLength(a.address, to) > commonPrefixLength(b.address, to)
}

/** RFC 4291 2.7 and RFC 6724 3.1: 2 link-local, 14 global; multicast says it itself. */
function scopeOf(address: IpAddress): number {
  if (address.isMulticast) return (address.w0 >>> 16) & 0xf
  return address.isLinkLocal || address.isLoopback ? 2 : 14
}
