import { formatIpv4, formatIpv6, readIpv4, readIpv6 } from '../wire/address.ts'

export type AddressFamily = 4 | 6

const MAPPED = 0xffff

/** The words of an address as another layer holds them. */
export interface AddressWords {
  readonly word0: number
  readonly word1: number
  readonly word2: number
  readonly word3: number
}

/**
 * An IP address as four unsigned 32-bit words, so that it is compared and hashed without text. IPv4 stands in its
 * IPv4-mapped form (RFC 4291 2.5.5.2): words 0, 0, 0xffff and the address. Immutable.
 */
export class IpAddress {
  readonly family: AddressFamily
  readonly word0: number
  readonly word1: number
  readonly word2: number
  readonly word3: number
  readonly hash: number

  constructor(family: AddressFamily, word0: number, word1: number, word2: number, word3: number) {
    this.family = family
    this.word0 = word0 >>> 0
    this.word1 = word1 >>> 0
    this.word2 = word2 >>> 0
    this.word3 = word3 >>> 0
    this.hash = hashWords(this.word0, this.word1, this.word2, this.word3)
  }

  static v4(value: number): IpAddress {
    return new IpAddress(4, 0, 0, MAPPED, value)
  }

  /** From words of either signedness in mapped form, as the transports carry them. */
  static fromWords(words: AddressWords): IpAddress {
    if (words instanceof IpAddress) return words
    const mapped = words.word0 === 0 && words.word1 === 0 && words.word2 === MAPPED
    return new IpAddress(mapped ? 4 : 6, words.word0, words.word1, words.word2, words.word3)
  }

  static v6(word0: number, word1: number, word2: number, word3: number): IpAddress {
    return new IpAddress(6, word0, word1, word2, word3)
  }

  /** Reads 4 or 16 bytes in network order. */
  static read(family: AddressFamily, bytes: Uint8Array, offset: number): IpAddress {
    if (family === 4) return IpAddress.v4(readWord(bytes, offset))
    return IpAddress.v6(
      readWord(bytes, offset),
      readWord(bytes, offset + 4),
      readWord(bytes, offset + 8),
      readWord(bytes, offset + 12),
    )
  }

  /** The address that the text names, or null. An IPv6 zone (`%eth0`) is not part of an address: split it off first. */
  static tryParse(text: string): IpAddress | null {
    const v4 = readIpv4(text)
    if (v4 >= 0) return IpAddress.v4(v4)
    const v6 = readIpv6(text)
    return v6 === undefined ? null : IpAddress.read(6, v6, 0)
  }

  /** @throws {RangeError} when the text is no IP address */
  static parse(text: string): IpAddress {
    const address = IpAddress.tryParse(text)
    if (address === null) throw new RangeError(`"${text}" is not an IPv4 or IPv6 address`)
    return address
  }

  /** Bytes that the address takes on the wire: 4 or 16. */
  get byteLength(): number {
    return this.family === 4 ? 4 : 16
  }

  write(bytes: Uint8Array, offset: number): void {
    if (this.family === 4) {
      writeWord(bytes, offset, this.word3)
      return
    }
    writeWord(bytes, offset, this.word0)
    writeWord(bytes, offset + 4, this.word1)
    writeWord(bytes, offset + 8, this.word2)
    writeWord(bytes, offset + 12, this.word3)
  }

  equals(other: IpAddress): boolean {
    return (
      this === other ||
      (this.word3 === other.word3 &&
        this.word2 === other.word2 &&
        this.word1 === other.word1 &&
        this.word0 === other.word0 &&
        this.family === other.family)
    )
  }

  /** True when the address stands at that place of the packet. */
  matches(bytes: Uint8Array, offset: number): boolean {
    if (this.family === 4) return readWord(bytes, offset) === this.word3
    return (
      readWord(bytes, offset + 12) === this.word3 &&
      readWord(bytes, offset + 8) === this.word2 &&
      readWord(bytes, offset + 4) === this.word1 &&
      readWord(bytes, offset) === this.word0
    )
  }

  get isUnspecified(): boolean {
    return this.word3 === 0 && (this.family === 4 || (this.word0 | this.word1 | this.word2) === 0)
  }

  get isLoopback(): boolean {
    if (this.family === 4) return this.word3 >>> 24 === 127
    return this.word3 === 1 && (this.word0 | this.word1 | this.word2) === 0
  }

  get isMulticast(): boolean {
    return this.family === 4 ? this.word3 >>> 28 === 0xe : this.word0 >>> 24 === 0xff
  }

  /** 255.255.255.255. Broadcasts of a subnet are known to the interface only. */
  get isLimitedBroadcast(): boolean {
    return this.family === 4 && this.word3 === 0xffff_ffff
  }

  /** 169.254.0.0/16 or fe80::/10. */
  get isLinkLocal(): boolean {
    return this.family === 4 ? this.word3 >>> 16 === 0xa9fe : this.word0 >>> 22 === 0x3fa
  }

  /** Multicast that stays on its link: 224.0.0.0/24, ff02::/16 and ff01::/16. */
  get isLinkLocalMulticast(): boolean {
    return this.family === 4 ? this.word3 >>> 8 === 0xe0_0000 : this.isMulticast && ((this.word0 >>> 16) & 0xf) <= 2
  }

  /** ff02::1:ffXX:XXXX of this unicast address (RFC 4291 2.7.1). */
  solicitedNode(): IpAddress {
    return IpAddress.v6(0xff02_0000, 0, 1, 0xff00_0000 | (this.word3 & 0xff_ffff))
  }

  toString(): string {
    if (this.family === 4) return formatIpv4(this.word3)
    const bytes = new Uint8Array(16)
    this.write(bytes, 0)
    return formatIpv6(bytes)
  }
}

export const ANY_V4: IpAddress = IpAddress.v4(0)
export const ANY_V6: IpAddress = IpAddress.v6(0, 0, 0, 0)
export const LOOPBACK_V4: IpAddress = IpAddress.v4(0x7f00_0001)
export const LOOPBACK_V6: IpAddress = IpAddress.v6(0, 0, 0, 1)
export const BROADCAST_V4: IpAddress = IpAddress.v4(0xffff_ffff)
export const ALL_NODES_V4: IpAddress = IpAddress.v4(0xe000_0001)
export const ALL_NODES_V6: IpAddress = IpAddress.v6(0xff02_0000, 0, 0, 1)
export const ALL_ROUTERS_V6: IpAddress = IpAddress.v6(0xff02_0000, 0, 0, 2)

/** Mixes four words to 32 unsigned bits. */
export function hashWords(word0: number, word1: number, word2: number, word3: number): number {
  let hash = Math.imul(word0 ^ Math.imul(word1, 0x85eb_ca6b), 0xc2b2_ae35)
  hash = Math.imul(hash ^ (hash >>> 15) ^ word2, 0x27d4_eb2f)
  hash = Math.imul(hash ^ (hash >>> 13) ^ word3, 0x1656_67b1)
  return (hash ^ (hash >>> 16)) >>> 0
}

function readWord(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3]) >>> 0
}

function writeWord(bytes: Uint8Array, offset: number, word: number): void {
  bytes[offset] = word >>> 24
  bytes[offset + 1] = word >>> 16
  bytes[offset + 2] = word >>> 8
  bytes[offset + 3] = word
}
