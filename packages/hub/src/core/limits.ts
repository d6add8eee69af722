/** The limits of connections, with nats-server's defaults where it has one. Each stands in docs/limits.md. */
import { HubError } from '../errors.ts'
import { nearestKey } from './nearest.ts'

/** Limits that hold for every connection of a listener, whatever protocol it speaks. Zero means no limit, for rates only. */
export interface ConnectionLimits {
  /** Largest payload with its headers, bytes. */
  maxPayloadBytes: number
  /** Longest control line (NATS) or header of a frame, bytes. */
  maxControlLineBytes: number
  /** Bytes that may wait for a subscriber before it is cut. */
  maxPendingBytes: number
  /** Share of `maxPendingBytes` past which publishers are paused. */
  pressureRatio: number
  /** Longest pause that one slow subscriber may cause its publishers within ten seconds, milliseconds. */
  pressurePauseMs: number
  /** Time for one write to be taken by the peer, milliseconds. */
  writeDeadlineMs: number
  /** Time to finish the TLS handshake, where TLS is required, milliseconds. */
  tlsTimeoutMs: number
  /** Time to authenticate, from the end of that on, milliseconds. */
  authenticationTimeoutMs: number
  /** Silence after which the peer is asked whether it lives, milliseconds. */
  pingIntervalMs: number
  /** Unanswered pings after which the connection is cut. */
  maxPingsOut: number
  /** Subscriptions of one connection. */
  maxSubscriptions: number
  /** Messages a second taken from one connection; more are read later, not refused. 0 = no limit. */
  messagesPerSecond: number
  /** Bytes a second taken from one connection. 0 = no limit. */
  bytesPerSecond: number
}

/** Limits of the whole hub. */
export interface HubLimits {
  /** Largest message that the embedding program may publish, bytes. */
  maxPayloadBytes: number
  /** Connections at the same time. */
  maxConnections: number
  /** Connections from one address at the same time; 0 = no limit. Unix sockets do not count. */
  maxConnectionsPerAddress: number
  /** Connections from one address that have not authenticated yet; 0 = no limit. */
  maxHalfOpenPerAddress: number
  /** Memory kept for reuse as output slabs, bytes. */
  outputPoolBytes: number
  /** Share of the heap limit past which the fastest publishers are not read from. */
  memoryPressureRatio: number
  /** Ended connections that monitoring still shows. */
  maxClosedConnections: number
  /** Time for a drain at shutdown before connections are cut, milliseconds. */
  drainTimeoutMs: number
}

export const defaultConnectionLimits: ConnectionLimits = {
  maxPayloadBytes: 1024 * 1024,
  maxControlLineBytes: 4096,
  maxPendingBytes: 64 * 1024 * 1024,
  pressureRatio: 0.75,
  pressurePauseMs: 1000,
  writeDeadlineMs: 10_000,
  tlsTimeoutMs: 2000,
  authenticationTimeoutMs: 2000,
  pingIntervalMs: 120_000,
  maxPingsOut: 2,
  maxSubscriptions: 1_000_000,
  messagesPerSecond: 0,
  bytesPerSecond: 0,
}

export const defaultHubLimits: HubLimits = {
  maxPayloadBytes: 1024 * 1024,
  maxConnections: 65_536,
  maxConnectionsPerAddress: 0,
  maxHalfOpenPerAddress: 4096,
  outputPoolBytes: 64 * 1024 * 1024,
  memoryPressureRatio: 0.85,
  maxClosedConnections: 10_000,
  drainTimeoutMs: 10_000,
}

/** Every limit by name, with its default. */
const allDefaults: Readonly<Record<string, number>> = { ...defaultConnectionLimits, ...defaultHubLimits }
const mayBeZero: ReadonlySet<string> = new Set([
  'pressurePauseMs',
  'maxClosedConnections',
  'messagesPerSecond',
  'bytesPerSecond',
  'maxConnectionsPerAddress',
  'maxHalfOpenPerAddress',
])

/**
 * Refuses what is no limit, or cannot be its value.
 * @param given limits by name, as a program or an environment gave them
 * @throws HubError WIREHUB_ERR_CONFIG with what was expected, or the nearest name
 */
export function assertLimits(given: object): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (!Object.hasOwn(allDefaults, name)) {
      const nearest = nearestKey(name, Object.keys(allDefaults))
      throw new HubError('WIREHUB_ERR_CONFIG', `There is no limit '${name}'.`, {
        place: `limits.${name}`,
        cure: nearest === undefined ? 'docs/limits.md names them all.' : `Did you mean '${nearest}'?`,
      })
    }
    const expected = mismatch(name, value)
    if (expected === undefined) continue
    throw new HubError('WIREHUB_ERR_CONFIG', `The limit '${name}' cannot be ${String(value)}.`, {
      place: `limits.${name}`,
      cure: `Give ${expected}; the default is ${allDefaults[name]}.`,
    })
  }
}

function mismatch(name: string, value: unknown): string | undefined {
  if (name.endsWith('Ratio')) {
    return typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1'
  }
  const least = mayBeZero.has(name) ? 0 : 1
  return Number.isSafeInteger(value) && (value as number) >= least ? undefined : `a whole number, ${least} or more`
}

/** Limits that are given together, for the hub and for its connections; `maxPayloadBytes` is one of both. */
export function splitLimits(given: Partial<ConnectionLimits & HubLimits>): {
  hub: Partial<HubLimits>
  connection: Partial<ConnectionLimits>
} {
  const ofTheHub = Object.entries(given).filter(([name]) => Object.hasOwn(defaultHubLimits, name))
  const ofConnections = Object.entries(given).filter(([name]) => Object.hasOwn(defaultConnectionLimits, name))
  return { hub: definite(ofTheHub), connection: definite(ofConnections) }
}

function definite(entries: [string, number | undefined][]): Record<string, number> {
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => entry[1] !== undefined))
}
