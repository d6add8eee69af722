import type { TcpState } from './types.ts'

/** The arrows of RFC 9293 3.3.2 figure 5, with those to CLOSED that RST, ABORT and timeouts draw; LISTEN belongs to the listener. */
const LEGAL: Record<TcpState, readonly TcpState[]> = {
  CLOSED: ['SYN-SENT', 'SYN-RECEIVED'],
  LISTEN: [],
  'SYN-SENT': ['SYN-RECEIVED', 'ESTABLISHED', 'CLOSED'],
  'SYN-RECEIVED': ['ESTABLISHED', 'FIN-WAIT-1', 'CLOSED'], // RFC9293:MUST-11 knows whether it came from passive or active OPEN
  ESTABLISHED: ['FIN-WAIT-1', 'CLOSE-WAIT', 'CLOSED'],
  'FIN-WAIT-1': ['FIN-WAIT-2', 'CLOSING', 'TIME-WAIT', 'CLOSED'],
  'FIN-WAIT-2': ['TIME-WAIT', 'CLOSED'],
  'CLOSE-WAIT': ['LAST-ACK', 'CLOSED'],
  CLOSING: ['TIME-WAIT', 'CLOSED'],
  'LAST-ACK': ['CLOSED'],
  'TIME-WAIT': ['CLOSED'],
}

/** Throws when there is no arrow from one state to the other: a bug in this layer, whatever the network sent. */
export function assertTransition(from: TcpState, to: TcpState, reason: string): void {
  if (!LEGAL[from].includes(to)) throw new Error(`TCP: no transition from ${from} to ${to} (${reason})`)
}

/** States in which the peer's data is taken (RFC 9293 3.10.7.4, seventh). */
export function receivesText(state: TcpState): boolean {
  return state === 'ESTABLISHED' || state === 'FIN-WAIT-1' || state === 'FIN-WAIT-2'
}

/** States in which our queued data and FIN are sent. */
export function sendsText(state: TcpState): boolean {
  return (
    state === 'ESTABLISHED' ||
    state === 'CLOSE-WAIT' ||
    state === 'FIN-WAIT-1' ||
    state === 'CLOSING' ||
    state === 'LAST-ACK'
  )
}
