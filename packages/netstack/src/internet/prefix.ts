import { type AddressFamily, IpAddress } from './address.ts'

/** An address block, as in 10.1.0.0/16 or 2001:db8::/32. The host bits of `address` are zero. */
export class Prefix {
  readonly address: IpAddress
  readonly length: number

  /** @throws {RangeError} when the length is not 0-32 (IPv4) or 0-128 (IPv6) */
  constructor(address: IpAddress, length: number) {
    const most = address.family === 4 ? 32 : 128
    if (!Number.isInteger(length) || length < 0 || length > most) {
      throw new RangeError(`a prefix length of IPv${address.family} is 0 to ${most}, not ${length}`)
    }
    this.address = maskAddress(address, length)
    this.length = length
  }

  /** @throws {RangeError} when the text is not `address/length` */
  static parse(text: string): Prefix {
    const parts = splitPrefix(text)
    return new Prefix(parts.address, parts.length)
  }

  get family(): AddressFamily {
    return this.address.family
  }

  contains(address: IpAddress): boolean {
    return address.family === this.family && samePrefix(address, this.address, this.length)
  }

  equals(other: Prefix): boolean {
    return this.length === other.length && this.address.equals(other.address)
  }

  /** The last address of an IPv4 block: its broadcast address unless the length is 31 or 32 (RFC 3021). */
  lastAddress(): IpAddress {
    return IpAddress.v4(this.address.w3 | (this.length === 0 ? 0xffff_ffff : (2 ** (32 - this.length) - 1) >>> 0))
  }

  toString(): string {
    return `${this.address}/${this.length}`
  }
}

/**
 * Reads `address/length`, keeping the host bits; without a length it is that one address.
 *
 * @throws {RangeError} when the text is neither
 */
export function splitPrefix(text: string): { address: IpAddress; length: number } {
  const slash = text.indexOf('/')
  const address = IpAddress.parse(slash < 0 ? text : text.slice(0, slash))
  const length = slash < 0 ? address.byteLength * 8 : Number(text.slice(slash + 1))
  if (!Number.isInteger(length) || length < 0 || length > address.byteLength * 8 || text.endsWith('/')) {
    throw new RangeError(`"${text}" has no prefix length of 0 to ${address.byteLength * 8}`)
  }
  return { address, length }
}

export function maskAddress(address: IpAddress, length: number): IpAddress {
  if (address.family === 4) return IpAddress.v4((address.w3 & wordMask(length)) >>> 0)
  return IpAddress.v6(
    address.w0 & wordMask(length),
    address.w1 & wordMask(length - 32),
    address.w2 & wordMask(length - 64),
    address.w3 & wordMask(length - 96),
  )
}

function samePrefix(a: IpAddress, b: IpAddress, length: number): boolean {
  return commonPrefixLength(a, b) >= length
}

/** Leading bits that two addresses of one family share. */
export function commonPrefixLength(a: IpAddress, b: IpAddress): number {
  if (a.family === 4) return Math.clz32(a.w3 ^ b.w3)
  if (a.w0 !== b.w0) return Math.clz32(a.w0 ^ b.w0)
  if (a.w1 !== b.w1) return 32 + Math.clz32(a.w1 ^ b.w1)
  if (a.w2 !== b.w2) return 64 + Math.clz32(a.w2 ^ b.w2)
  return 96 + Math.clz32(a.w3 ^ b.w3)
}

function wordMask(bits: number): number {
  if (bits <= 0) return 0
  return bits >= 32 ? 0xffff_ffff : (0xffff_ffff << (32 - bits)) >>> 0
}
