import type { TcpConnectionOptions } from './types.ts'

/** Options with every default filled in. */
export type ResolvedOptions = Required<TcpConnectionOptions>

const DEFAULTS: ResolvedOptions = {
  noDelay: false,
  delayedAckMs: 40,
  keepAlive: false, // RFC9293:MUST-25
  keepAliveIdleMs: 7_200_000, // RFC9293:MUST-28
  keepAliveIntervalMs: 75_000,
  keepAliveProbes: 9,
  sendBufferBytes: 4 * 1024 * 1024,
  receiveBufferBytes: 6 * 1024 * 1024,
  initialReceiveBufferBytes: 128 * 1024,
  maxOutOfOrderPieces: 512,
  congestionControl: 'cubic',
  hystart: false,
  pacing: false,
  fastOpen: false,
  blackHoleDetection: false,
  initialWindowSegments: 10,
  maxSegmentBytes: 65_535,
  windowScaling: true,
  timestamps: true,
  sack: true,
  ecn: false,
  userTimeoutMs: 0,
  synRetries: 7, // RFC9293:MUST-23: 1 + 2 + ... + 128 s are more than 3 minutes
  retries: 15,
  orphanRetries: 8,
  minRtoMs: 200,
  timeWaitMs: 60_000,
  finWait2TimeoutMs: 60_000,
  trafficClass: 0,
  hopLimit: 0,
}

/** The largest delay of an acknowledgment: below half a second. RFC9293:MUST-40 */
const MAX_DELAYED_ACK_MS = 499

/** Layer defaults, then those of the connection, over the values above. */
export function resolveOptions(...layers: (TcpConnectionOptions | undefined)[]): ResolvedOptions {
  const resolved: ResolvedOptions = Object.assign({}, DEFAULTS)
  for (const layer of layers) {
    for (const key in layer) {
      const name = key as keyof ResolvedOptions
      if (layer[name] !== undefined) (resolved as Record<string, unknown>)[name] = layer[name]
    }
  }
  resolved.delayedAckMs = Math.min(resolved.delayedAckMs, MAX_DELAYED_ACK_MS)
  resolved.initialReceiveBufferBytes = Math.min(resolved.initialReceiveBufferBytes, resolved.receiveBufferBytes)
  return resolved
}
