/** What can be wrong with bytes, or with a record that is to become bytes. Stable: programs may switch on it. */
export type WireErrorCode =
  | 'NETSTACK_ERR_WIRE_TRUNCATED'
  | 'NETSTACK_ERR_WIRE_LENGTH'
  | 'NETSTACK_ERR_WIRE_VERSION'
  | 'NETSTACK_ERR_WIRE_OPTION'
  | 'NETSTACK_ERR_WIRE_VALUE'
  | 'NETSTACK_ERR_WIRE_ADDRESS'
  | 'NETSTACK_ERR_WIRE_NAME'
  | 'NETSTACK_ERR_WIRE_CAPTURE'

/**
 * Bytes that are not the packet they claim to be, or a record that no packet can hold.
 * `protocol` and `offset` (bytes from the start of that protocol's header; -1 when there is no place) say where.
 */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly code: WireErrorCode
  readonly protocol: string
  readonly offset: number

  constructor(code: WireErrorCode, protocol: string, message: string, offset = -1) {
    super(offset < 0 ? `${protocol}: ${message}` : `${protocol}, byte ${offset}: ${message}`)
    this.code = code
    this.protocol = protocol
    this.offset = offset
  }
}

/**
 * What the allocation-free readers return in the place of a header length: they neither throw nor build messages.
 * Each is a negative number, so that `length < 0` is the one test a hot path needs.
 */
export const FAULT_TRUNCATED = -1
export const FAULT_LENGTH = -2
export const FAULT_VERSION = -3
export const FAULT_OPTION = -4
