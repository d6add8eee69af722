import type { TimerQueue } from '../../link/timer-queue.ts'
import type { BufferMemory } from './buffer-memory.ts'
import type { Connection } from './connection.ts'
import type { FastOpen } from './fast-open.ts'
import type { FlowSecrets } from './isn.ts'
import type { Segment } from './segment.ts'
import type { TcpCounters, TcpOutput, TcpTrace } from './types.ts'

/** What a connection has of its layer. */
export interface TcpHost {
  readonly output: TcpOutput
  readonly counters: TcpCounters
  readonly timers: TimerQueue
  /** What the buffers of all connections hold together. */
  readonly memory: BufferMemory
  readonly secrets: FlowSecrets
  readonly fastOpen: FastOpen
  trace: TcpTrace | undefined
  /** Whether one more challenge ACK may be sent (RFC 5961 7). */
  allowChallenge(now: number): boolean
  /** More segments follow at once: `finish` is to be called after the last of them. */
  postpone(connection: Connection): void
  /** Answers a segment that belongs to no connection, or is wrong for its state, by RST (RFC 9293 3.10.7.1). */
  sendResetFor(segment: Segment, now: number): void
  /** The handshake of a passive connection is complete. False when nobody can take it (accept queue full). */
  completed(connection: Connection): boolean
  /** The connection has reached TIME-WAIT. */
  enteredTimeWait(connection: Connection): void
  /** Nobody waits for the connection any more, and it has not ended. */
  orphaned(connection: Connection, now: number): void
  /** The connection is CLOSED: forget it. */
  closed(connection: Connection): void
}
