/** The limits of connections, with nats-server's defaults where it has one. Each stands in docs/limits.md. */

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
