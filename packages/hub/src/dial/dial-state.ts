/** The states of a dialler and the steps between them. */

/**
 * - `idle`: made, not started
 * - `connecting`: the handshake is under way
 * - `connected`: the server is a connection of the hub
 * - `waiting`: it was lost or refused; the next attempt comes after a pause
 * - `stopped`: nothing is dialled any more
 */
export type DialState = 'idle' | 'connecting' | 'connected' | 'waiting' | 'stopped'

const legal: Record<DialState, readonly DialState[]> = {
  idle: ['connecting', 'stopped'],
  connecting: ['connected', 'waiting', 'stopped'],
  connected: ['waiting', 'stopped'],
  waiting: ['connecting', 'stopped'],
  stopped: [],
}

/** Asserts that a step is legal; a wrong one is a defect of the hub. */
export function assertDialStep(from: DialState, to: DialState): void {
  if (!legal[from].includes(to)) throw new Error(`illegal dial state change: ${from} -> ${to}`)
}
