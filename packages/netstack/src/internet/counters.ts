/** Counters of IP, named as in RFC 4293 and Linux's /proc/net/snmp; every packet that is dropped is counted where it is. */
export interface IpCounters {
  inReceives: number
  inHeaderErrors: number
  inChecksumErrors: number
  inTruncated: number
  inAddressErrors: number
  /** Source addresses that no packet on a wire may have. */
  inMartians: number
  inUnknownProtocols: number
  inDiscards: number
  inDelivers: number
  inTimeExceeded: number
  forwarded: number
  outRequests: number
  outDiscards: number
  outNoRoutes: number
  reassemblyRequired: number
  reassemblySucceeded: number
  reassemblyFailed: number
  fragmentationSucceeded: number
  fragmentationFailed: number
  fragmentsCreated: number
}

export function createIpCounters(): IpCounters {
  return {
    inReceives: 0,
    inHeaderErrors: 0,
    inChecksumErrors: 0,
    inTruncated: 0,
    inAddressErrors: 0,
    inMartians: 0,
    inUnknownProtocols: 0,
    inDiscards: 0,
    inDelivers: 0,
    inTimeExceeded: 0,
    forwarded: 0,
    outRequests: 0,
    outDiscards: 0,
    outNoRoutes: 0,
    reassemblyRequired: 0,
    reassemblySucceeded: 0,
    reassemblyFailed: 0,
    fragmentationSucceeded: 0,
    fragmentationFailed: 0,
    fragmentsCreated: 0,
  }
}

/** Counters of ICMP (RFC 4293, RFC 5097). */
export interface IcmpCounters {
  inMessages: number
  inErrors: number
  inChecksumErrors: number
  inEchoRequests: number
  inEchoReplies: number
  inUnreachables: number
  inTimeExceeded: number
  inTooBig: number
  /** Of IPv4; those of IPv6 are NDP's. */
  inRedirects: number
  /** Errors about packets that we did not send. */
  inUnrelated: number
  /** Messages that are neither errors nor known (RFC 1122 3.2.2, RFC 4443 2.4 b). */
  inUnknownTypes: number
  outMessages: number
  outErrors: number
  outRateLimited: number
}

export function createIcmpCounters(): IcmpCounters {
  return {
    inMessages: 0,
    inErrors: 0,
    inChecksumErrors: 0,
    inEchoRequests: 0,
    inEchoReplies: 0,
    inUnreachables: 0,
    inTimeExceeded: 0,
    inTooBig: 0,
    inRedirects: 0,
    inUnrelated: 0,
    inUnknownTypes: 0,
    outMessages: 0,
    outErrors: 0,
    outRateLimited: 0,
  }
}

/** Counters of one interface (RFC 2863). */
export interface InterfaceCounters {
  inPackets: number
  inBytes: number
  /** Too short for their link header, or of an address that cannot be. */
  inErrors: number
  /** Unicast frames that are not for this interface's MAC address. */
  inNotForUs: number
  inUnknownTypes: number
  inWhileDown: number
  outPackets: number
  outBytes: number
  outDiscards: number
}

export function createInterfaceCounters(): InterfaceCounters {
  return {
    inPackets: 0,
    inBytes: 0,
    inErrors: 0,
    inNotForUs: 0,
    inUnknownTypes: 0,
    inWhileDown: 0,
    outPackets: 0,
    outBytes: 0,
    outDiscards: 0,
  }
}

/** Counters of ARP. */
export interface ArpCounters {
  inRequests: number
  inReplies: number
  inMalformed: number
  outRequests: number
  outReplies: number
  /** Somebody else says that one of our addresses is theirs. */
  conflicts: number
}

export function createArpCounters(): ArpCounters {
  return { inRequests: 0, inReplies: 0, inMalformed: 0, outRequests: 0, outReplies: 0, conflicts: 0 }
}
