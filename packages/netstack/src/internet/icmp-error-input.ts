import type { Frame } from '../link/frame.ts'
import { ICMP_HEADER_BYTES } from '../wire/icmpv4.ts'
import { IpAddress } from './address.ts'
import type { InternetLayer } from './internet.ts'
import type { IcmpError, IcmpErrorKind, PacketInfo } from './packet.ts'
import { readQuoted } from './quoted.ts'

/**
 * Takes an ICMP error of either family to the transport whose packet it quotes (RFC 1122 3.2.2, RFC 4443 2.4); a packet that was too big teaches the path's MTU before.
 *
 * @param mtu with `fragmentation-needed`: what the router told, 0 for nothing
 * @returns false when the packet was nobody's here
 */
export function deliverIcmpError(
  internet: InternetLayer,
  frame: Frame,
  info: PacketInfo,
  kind: IcmpErrorKind,
  mtu: number,
  now: number,
): boolean {
  const error = quotedError(internet, frame, info, kind, mtu)
  const transport = error === null ? null : internet.transports[error.protocol]
  if (error === null || transport === undefined || transport === null) return false
  if (kind === 'fragmentation-needed') {
    if (!transport.recognises(error)) return false
    internet.pathMtu.learn(error.remote, mtu, error.quotedBytes, now)
  }
  transport.onError(error, now)
  return true
}

/** A router names a better one for a packet of ours that is under way (RFC 1122 3.2.2.2). False when it is not believed. */
export function followRedirect(internet: InternetLayer, frame: Frame, info: PacketInfo, now: number): boolean {
  const error = quotedError(internet, frame, info, 'unknown', 0)
  if (error === null || info.toGroup || internet.transports[error.protocol]?.recognises(error) !== true) return false
  const gateway = IpAddress.read(4, frame.bytes, frame.start + 4)
  return internet.redirects.learn(info.interface!, info.source, error.remote, gateway, now)
}

/** What an error says of a packet of ours, or null when it quotes nobody's, or not its beginning: that alone has ports and sequence numbers. */
function quotedError(
  internet: InternetLayer,
  frame: Frame,
  info: PacketInfo,
  kind: IcmpErrorKind,
  mtu: number,
): (IcmpError & { quotedBytes: number }) | null {
  const { bytes, start, end } = frame
  const quoted = readQuoted(info.family, bytes, start + ICMP_HEADER_BYTES, end)
  if (quoted === null || quoted.fragmentOffset > 0 || !internet.local.has(quoted.source)) return null
  return {
    kind,
    type: bytes[start],
    code: bytes[start + 1],
    mtu,
    reporter: info.source,
    local: quoted.source,
    remote: quoted.destination,
    protocol: quoted.protocol,
    bytes,
    start: quoted.transportStart,
    end,
    quotedBytes: quoted.totalLength,
  }
}
