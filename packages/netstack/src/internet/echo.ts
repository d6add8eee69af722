import { buildIcmpv4, ICMP_ECHO_REQUEST } from '../wire/icmpv4.ts'
import { buildIcmpv6, ICMPV6_ECHO_REQUEST } from '../wire/icmpv6.ts'
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6 } from '../wire/protocols.ts'
import type { IpAddress } from './address.ts'
import type { InternetLayer } from './internet.ts'
import type { IcmpError } from './packet.ts'
import type { SendOutcome } from './path.ts'

/** An answer to an echo request. `data` is a view that is valid during the call. */
export interface EchoReply {
  readonly from: IpAddress
  readonly sequenceNumber: number
  readonly hopLimit: number
  readonly data: Uint8Array
}

/** Who sends echo requests with one identifier. */
export interface EchoSocket {
  readonly identifier: number
  onReply: ((reply: EchoReply, now: number) => void) | null
  onError: ((error: IcmpError, sequenceNumber: number, now: number) => void) | null
  /** @param hopLimit 0 for the default */
  send(to: IpAddress, sequenceNumber: number, data: Uint8Array, hopLimit: number, now: number): SendOutcome
  close(): void
}

/** Sockets for ping and traceroute, by identifier. */
export class EchoSockets {
  readonly #internet: InternetLayer
  readonly #sockets: Map<number, EchoSocket> = new Map()

  constructor(internet: InternetLayer) {
    this.#internet = internet
  }

  /** @throws {RangeError} when there are too many */
  open(): EchoSocket {
    const { maxEchoSockets } = this.#internet.options
    if (this.#sockets.size >= maxEchoSockets) throw new RangeError(`${maxEchoSockets} echo sockets are open`)
    let identifier = 0
    do identifier = Math.floor(this.#internet.random() * 0x1_0000)
    while (this.#sockets.has(identifier))
    const socket: EchoSocket = {
      identifier,
      onReply: null,
      onError: null,
      send: (to, sequenceNumber, data, hopLimit, now) =>
        this.#send(identifier, to, sequenceNumber, data, hopLimit, now),
      close: () => {
        this.#sockets.delete(identifier)
      },
    }
    this.#sockets.set(identifier, socket)
    return socket
  }

  #send(
    identifier: number,
    to: IpAddress,
    sequenceNumber: number,
    data: Uint8Array,
    hopLimit: number,
    now: number,
  ): SendOutcome {
    const path = this.#internet.findPath(to, null, null, now)
    if (path === null) return 'no-route'
    let message: Uint8Array
    if (to.family === 4)
      message = buildIcmpv4({ name: 'echo', type: ICMP_ECHO_REQUEST, identifier, sequenceNumber, data })
    else {
      const addresses = new Uint8Array(32)
      path.source.write(addresses, 0)
      to.write(addresses, 16)
      message = buildIcmpv6({ name: 'echo', type: ICMPV6_ECHO_REQUEST, identifier, sequenceNumber, data }, addresses)
    }
    const frame = this.#internet.pool.frameOf(message)
    const icmp = this.#internet.icmp
    ;(to.family === 4 ? icmp.v4 : icmp.v6).counters.outMessages++
    const protocol = to.family === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6
    return this.#internet.send(frame, path, protocol, hopLimit, 0, false, now)
  }

  /** The message stands at bytes[start..end), checked. */
  onReply(from: IpAddress, bytes: Uint8Array, start: number, end: number, hopLimit: number, now: number): void {
    const socket = this.#sockets.get((bytes[start + 4] << 8) | bytes[start + 5])
    const sequenceNumber = (bytes[start + 6] << 8) | bytes[start + 7]
    socket?.onReply?.({ from, sequenceNumber, hopLimit, data: bytes.subarray(start + 8, end) }, now)
  }

  /** Whether a request that an error quotes is of one of these sockets. */
  recognises(error: IcmpError): boolean {
    return this.#quoted(error) !== undefined
  }

  #quoted({ bytes, start, end }: IcmpError): EchoSocket | undefined {
    return end - start < 8 ? undefined : this.#sockets.get((bytes[start + 4] << 8) | bytes[start + 5])
  }

  onError(error: IcmpError, now: number): void {
    const { bytes, start } = error
    const socket = this.#quoted(error)
    socket?.onError?.(error, (bytes[start + 6] << 8) | bytes[start + 7], now)
  }
}
