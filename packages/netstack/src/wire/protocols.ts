/** Assigned Internet Protocol numbers (IANA) that this package knows: IPv4's protocol and IPv6's next header. */
export const PROTOCOL_HOP_BY_HOP = 0
export const PROTOCOL_ICMP = 1
export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17
export const PROTOCOL_ROUTING = 43
export const PROTOCOL_FRAGMENT = 44
export const PROTOCOL_AUTHENTICATION = 51
export const PROTOCOL_ICMPV6 = 58
export const PROTOCOL_NONE = 59
export const PROTOCOL_DESTINATION_OPTIONS = 60

export const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  0: 'Hop-by-Hop Options',
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPv4',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6',
  43: 'Routing',
  44: 'Fragment',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPv6',
  59: 'No Next Header',
  60: 'Destination Options',
  132: 'SCTP',
}

/** The two ECN bits of an IP header (RFC 3168 section 5). */
export const ECN_NAMES: Readonly<Record<number, string>> = { 0: 'Not-ECT', 1: 'ECT(1)', 2: 'ECT(0)', 3: 'CE' }
