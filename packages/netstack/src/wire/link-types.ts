// What the packets of a captured interface begin with: numbers of the LINKTYPE_ registry of tcpdump.org.

export const LINKTYPE_NULL = 0
export const LINKTYPE_ETHERNET = 1
/** An IP packet without anything before it; its first half byte tells version 4 from 6. */
export const LINKTYPE_RAW = 101
export const LINKTYPE_IPV4 = 228
export const LINKTYPE_IPV6 = 229
