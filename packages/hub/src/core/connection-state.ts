/** The states of a connection and the steps between them. */

/**
 * - `opening`: accepted; TLS or authentication is not finished
 * - `ready`: may publish and subscribe
 * - `closing`: nothing is read any more; what is queued is written, then the socket is ended
 * - `closed`: the socket is gone, subscriptions are removed
 */
export type ConnectionState = 'opening' | 'ready' | 'closing' | 'closed'

const legal: Record<ConnectionState, readonly ConnectionState[]> = {
  opening: ['ready', 'closing', 'closed'],
  ready: ['closing', 'closed'],
  closing: ['closed'],
  closed: [],
}

/** Asserts that a step is legal; a wrong one is a defect of the hub, not of its input. */
export function assertStep(from: ConnectionState, to: ConnectionState): void {
  if (!legal[from].includes(to)) throw new Error(`illegal connection state change: ${from} -> ${to}`)
}
