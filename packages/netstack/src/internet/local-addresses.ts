import type { IpAddress } from './address.ts'

/** The addresses that a host answers to, for the one question that every packet asks. */
export class LocalAddresses {
  /** IPv4 as signed numbers, which V8 does not box. */
  #v4: Set<number> = new Set()
  #v6: IpAddress[] = []
  #broadcastsV4: Set<number> = new Set()
  #lastV4 = 0x7f00_0001

  /** @param broadcasts the broadcast addresses of the networks that the addresses are in */
  replace(addresses: Iterable<IpAddress>, broadcasts: Iterable<IpAddress> = []): void {
    this.#broadcastsV4 = new Set()
    for (const address of broadcasts) this.#broadcastsV4.add(address.w3 | 0)
    this.#v4 = new Set()
    this.#v6 = []
    for (const address of addresses) {
      if (address.family === 4) this.#v4.add(address.w3 | 0)
      else this.#v6.push(address)
    }
    this.#lastV4 = 0x7f00_0001
  }

  /** @param address in either signedness */
  hasV4(address: number): boolean {
    const key = address | 0
    if (key === this.#lastV4 || key >> 24 === 127) return true
    if (!this.#v4.has(key)) return false
    this.#lastV4 = key
    return true
  }

  /** Whether this is the broadcast address of a network that the host is in; all of them end in two bits that are set. */
  isBroadcastV4(address: number): boolean {
    return (address & 3) === 3 && this.#broadcastsV4.has(address | 0)
  }

  hasV6At(bytes: Uint8Array, offset: number): boolean {
    for (const address of this.#v6) if (address.matches(bytes, offset)) return true
    return false
  }

  has(address: IpAddress): boolean {
    if (address.family === 4) return this.hasV4(address.w3)
    for (const own of this.#v6) if (own.equals(address)) return true
    return false
  }
}
