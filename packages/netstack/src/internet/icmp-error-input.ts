import type { Frame } from '../link/frame.ts'
import { ICMP_HEADER_BYTES } from '../wire/icmpv4.ts'
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
  const { bytes, start, end } = frame
  const quoted = readQuoted(info.family, bytes, start + ICMP_HEADER_BYTES, end)
  // Ports and sequence numbers stand in the first fragment alone.
  if (quoted === null || quoted.fragmentOffset > 0 || !internet.local.has(quoted.source)) return false
  const transport = internet.transports[quoted.protocol]
  if (transport === undefined || transport === null) return false
  const error: IcmpError = {
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
  }
  if (kind === 'fragmentation-needed') {
    if (!transport.recognises(error)) return false
    internet.pathMtu.learn(error.remote, mtu, quoted.totalLength, now)
  }
  transport.onError(error, now)
  return true
}
