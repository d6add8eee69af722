import { formatIpv4, formatIpv6, readIpv4, readIpv6 } from '../wire/address.ts'

export type AddressFamily = 4 | 6

const MAPPED = 0xffff

/** The words of an address as another layer holds them. */
export interface AddressWords {
  readonly w0: number
  readonly w1: number
  readonly w2: number
  readonly w3: number
}

/**
 * An IP address as four unsigned 32-bit words, so that it is compared and hashed without text. IPv4 stands in its
 * IPv4-mapped form (RFC 4291 2.5.5.2): words 0, 0, 0xffff and the address. Immutable.
 */
export class IpAddress {
  readonly family: AddressFamily
  readonly w0: number
  readonly w1: number
  readonly w2: number
  readonly w3: number
  readonly hash: number

  constructor(family: AddressFamily, w0: number, w1: number, w2: number, w3: number) {
    this.family = family
    this.w0 = w0 >>> 0
    this.w1 = w1 >>> 0
    this.w2 = w2 >>> 0
    this.w3 = w3 >>> 0
    this.hash = hashWords(this.w0, this.w1, this.w2, this.w3)
  }

  static v4(value: number): IpAddress {
    return new IpAddress(4, 0, 0, MAPPED, value)
  }

  /** From words of either signedness in mapped form, as the transports carry them. */
  static fromWords(words: AddressWords): IpAddress {
    if (words instanceof IpAddress) return words
    const mapped = words.w0 === 0 && words.w1 === 0 && words.w2 === MAPPED
    return new IpAddress(mapped ? 4 : 6, words.w0, words.w1, words.w2, words.w3)
  }

  static v6(w0: number, w1: number, w2: number, w3: number): IpAddress {
    return new IpAddress(6, w0, w1, w2, w3)
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

  /** The IPv4 address that an IPv4-mapped IPv6 address stands for; else this one. */
  unmapped(): IpAddress {
    if (this.family === 4 || this.w0 !== 0 || this.w1 !== 0 || this.w2 !== MAPPED) return this
    return IpAddress.v4(this.w3)
  }

  /** Bytes that the address takes on the wire: 4 or 16. */
  get byteLength(): number {
    return this.family === 4 ? 4 : 16
  }

  write(bytes: Uint8Array, offset: number): void {
    if (this.family === 4) {
      writeWord(bytes, offset, this.w3)
      return
    }
    writeWord(bytes, offset, this.w0)
    writeWord(bytes, offset + 4, this.w1)
    writeWord(bytes, offset + 8, this.w2)
    writeWord(bytes, offset + 12, this.w3)
  }

  equals(other: IpAddress): boolean {
    return (
      this === other ||
      (this.w3 === other.w3 &&
        this.w2 === other.w2 &&
        this.w1 === other.w1 &&
        this.w0 === other.w0 &&
        this.family === other.family)
    )
  }

  /** True when the address stands at that place of the packet. */
  matches(bytes: Uint8Array, offset: number): boolean {
    if (this.family === 4) return readWord(bytes, offset) === this.w3
    return (
      readWord(bytes, offset + 12) === this.w3 &&
      readWord(bytes, offset + 8) === this.w2 &&
      readWord(bytes, offset + 4) === this.w1 &&
      readWord(bytes, offset) === this.w0
    )
  }

  get isUnspecified(): boolean {
    return this.w3 === 0 && (this.family === 4 || (this.w0 | this.w1 | this.w2) === 0)
  }

  get isLoopback(): boolean {
    if (this.family === 4) return this.w3 >>> 24 === 127
    return this.w3 === 1 && (this.w0 | this.w1 | this.w2) === 0
  }

  get isMulticast(): boolean {
    return this.family === 4 ? this.w3 >>> 28 === 0xe : this.w0 >>> 24 === 0xff
  }

  /** 255.255.255.255. Broadcasts of a subnet are known to the interface only. */
  get isLimitedBroadcast(): boolean {
    return this.family === 4 && this.w3 === 0xffff_ffff
  }

  /** 169.254.0.0/16 or fe80::/10. */
  get isLinkLocal(): boolean {
    return this.family === 4 ? this.w3 >>> 16 === 0xa9fe : this.w0 >>> 22 === 0x3fa
  }

  /** Multicast that stays on its link: 224.0.0.0/24, ff02::/16 and ff01::/16. */
  get isLinkLocalMulticast(): boolean {
    return this.family === 4 ? this.w3 >>> 8 === 0xe0_0000 : this.isMulticast && ((this.w0 >>> 16) & 0xf) <= 2
  }

  /** In ff02::1:ff00:0/104 (RFC 4291 2.7.1). */
  get isSolicitedNode(): boolean {
    return this.family === 6 && this.w0 === 0xff02_0000 && this.w1 === 0 && this.w2 === 1 && this.w3 >>> 24 === 0xff
  }

  /** ff02::1:ffXX:XXXX of this unicast address (RFC 4291 2.7.1). */
  solicitedNode(): IpAddress {
    return IpAddress.v6(0xff02_0000, 0, 1, 0xff00_0000 | (this.w3 & 0xff_ffff))
  }

  toString(): string {
    if (this.family === 4) return formatIpv4(this.w3)
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
function hashWords(w0: number, w1: number, w2: number, w3: number): number {
  let hash = Math.imul(w0 ^ Math.imul(w1, 0x85eb_ca6b), 0xc2b2_ae35)
  hash = Math.imul(hash ^ (hash >>> 15) ^ w2, 0x27d4_eb2f)
  hash = Math.imul(hash ^ (hash >>> 13) ^ w3, 0x1656_67b1)
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
