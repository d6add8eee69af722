/** The phases of one NATS client's dialogue, and the steps between them. */

/**
 * - `awaiting-tls`: INFO is out; the first byte decides, or the handshake is under way
 * - `awaiting-connect`: nothing but CONNECT is taken
 * - `authenticating`: the answer is being worked out; what arrives is held
 * - `ready`: everything is taken
 * - `closing`: nothing is taken any more
 */
export type NatsPhase = 'awaiting-tls' | 'awaiting-connect' | 'authenticating' | 'ready' | 'closing'

const legal: Record<NatsPhase, readonly NatsPhase[]> = {
  'awaiting-tls': ['awaiting-connect', 'ready', 'closing'],
  'awaiting-connect': ['authenticating', 'ready', 'closing'],
  authenticating: ['ready', 'closing'],
  ready: ['closing'],
  closing: [],
}

/** Asserts that a step is legal; a wrong one is a defect of the hub, not of its input. */
export function assertPhaseStep(from: NatsPhase, to: NatsPhase): void {
  if (!legal[from].includes(to)) throw new Error(`illegal NATS phase change: ${from} -> ${to}`)
}
