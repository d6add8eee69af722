/** What happens to a connection when its timers run out: retransmission, SYN, user timeout, keep-alive, FIN-WAIT-2, TIME-WAIT (RFC 9293 3.8, 3.10.8). */
import type { Connection } from './connection.ts'
import { EVENT_TROUBLE } from './events.ts'
import { sendSyn } from './handshake.ts'
import { suspectBlackHole } from './path.ts'
import { MAX_RTO_MS } from './rtt.ts'
import { ACK } from './segment.ts'
import { emitSegment } from './segment-writer.ts'
import { TIMER_PERSIST, TIMER_PROBE, TIMER_REORDER, TIMER_RTO } from './timers.ts'

/** R1 of RFC 9293 3.8.3. RFC9293:SHLD-10 */
const R1_RETRANSMISSIONS = 3

/** The retransmission timer has run out; what it was set for decides. */
export function onRetransmitTimer(connection: Connection, now: number): void {
  const { timers, recovery, sender, state } = connection
  const mode = timers.mode
  timers.cancelRetransmit()
  if (mode === TIMER_PERSIST) sender.onPersistTimer(now)
  else if (mode === TIMER_REORDER) {
    recovery.onReorderTimer(now)
    sender.output(now)
  } else if (mode === TIMER_PROBE) recovery.probe.send(now)
  else if (state === 'SYN-SENT' || state === 'SYN-RECEIVED') onSynTimeout(connection, now)
  else if (recovery.board.count > 0) onDataTimeout(connection, now)
}

function onDataTimeout(connection: Connection, now: number): void {
  const { recovery, sender } = connection
  if (sender.window === 0) {
    // A window that was shut while data was in flight: probed (RFC 9293 3.8.6.1), not taken for a loss.
    sender.onPersistTimer(now)
    return
  }
  // RFC9293:MUST-20 (R1, R2), MUST-21 (R2 is an option), SHLD-11; RFC 5482 for the user's own limit.
  if (recovery.timeouts >= retriesOf(connection) || userTimeoutOver(connection, now)) {
    connection.sendReset(now, 'gave up', 'RFC 9293 3.8.3')
    connection.terminate('timeout', 'retransmission limit (R2) or user timeout')
    return
  }
  suspectBlackHole(connection, now)
  recovery.onTimeout(now)
  if (recovery.timeouts === R1_RETRANSMISSIONS) {
    connection.host.output.suspect?.(connection.flow)
    connection.raise(EVENT_TROUBLE)
  }
  sender.output(now)
}

function onSynTimeout(connection: Connection, now: number): void {
  // RFC9293:MUST-22, MUST-23: as for data, with its own R2.
  if (connection.synRetries >= connection.options.synRetries || userTimeoutOver(connection, now)) {
    connection.terminate('timeout', 'no answer to SYN')
    return
  }
  if (connection.synRetries === 0 && connection.options.fastOpen && !connection.passive)
    connection.host.fastOpen.avoid(connection.flow.remote, now)
  connection.synRetries++
  connection.host.counters.retransmitted++
  connection.rtt.doubleRto()
  sendSyn(connection, now, 'SYN timeout', 'RFC 6298 5.4')
  connection.timers.setRetransmit(TIMER_RTO, now + limitByUserTimeout(connection, connection.rtt.rto, now))
}

/** RFC 5482: how long what is unacknowledged now may stay so. */
function userTimeoutOver(connection: Connection, now: number): boolean {
  if (connection.userTimeoutMs <= 0) return false
  return now - unacknowledgedSince(connection) >= connection.userTimeoutMs
}

function unacknowledgedSince(connection: Connection): number {
  if (connection.oldestUnacknowledgedAt >= 0) return connection.oldestUnacknowledgedAt
  return connection.synchronized ? connection.lastDataSentAt : connection.createdAt
}

/** A timeout that does not pass the user timeout by. */
export function limitByUserTimeout(connection: Connection, timeout: number, now: number): number {
  if (connection.userTimeoutMs <= 0) return timeout
  if (connection.oldestUnacknowledgedAt < 0)
    connection.oldestUnacknowledgedAt = connection.synchronized ? now : connection.createdAt
  return Math.min(timeout, Math.max(1, connection.oldestUnacknowledgedAt + connection.userTimeoutMs - now))
}

/** R2 of RFC 9293 3.8.3, which is smaller for what nobody waits for any more. */
function retriesOf({ abandoned, options }: Connection): number {
  return abandoned ? Math.min(options.orphanRetries, options.retries) : options.retries
}

/**
 * RFC9293:MUST-37: zero-window probes go on for ever while the peer answers; without an answer they end as retransmissions do.
 * An orphan's end in any case: RFC 9293 3.8.6.1 leaves resources to their owner, and RFC 6429 lets whoever manages them end a connection that
 * does not get on, so that no peer can hold them by keeping its window shut.
 */
export function giveUpProbing(connection: Connection, intervalMs: number, now: number): boolean {
  const { probes } = connection.sender
  const isHeld = connection.abandoned && intervalMs >= MAX_RTO_MS
  if (isHeld) connection.sendReset(now, 'nobody waits for the window any more', 'RFC 6429')
  else if (probes < retriesOf(connection) && !(probes > 0 && userTimeoutOver(connection, now))) return false
  connection.terminate('timeout', isHeld ? 'the window of an orphan stayed shut' : 'window probes unanswered')
  return true
}

/** There are too many connections that nobody waits for: this one gives up its place. */
export function resetOrphan(connection: Connection, now: number): void {
  if (connection.state !== 'SYN-SENT') connection.sendReset(now, 'too many orphans', 'RFC 6429')
  connection.terminate('no-memory', 'too many orphans')
  connection.dispatch()
}

/** Sets the keep-alive timer as the options say. RFC9293:MUST-24, MUST-25, MAY-5: off unless asked for. */
export function armKeepAlive(connection: Connection, now: number): void {
  const { state, options, timers } = connection
  if (state === 'TIME-WAIT' || state === 'CLOSED' || (connection.abandoned && state === 'FIN-WAIT-2')) return
  timers.setLife(
    options.keepAlive && connection.synchronized ? now + options.keepAliveIdleMs : Number.POSITIVE_INFINITY,
  )
}

/** TIME-WAIT, FIN-WAIT-2 without reader, or keep-alive (RFC 9293 3.8.4). */
export function onLifeTimer(connection: Connection, now: number): void {
  const { state, timers, options } = connection
  if (state === 'TIME-WAIT') connection.terminate('finished', '2 MSL are over')
  else if (connection.abandoned && state === 'FIN-WAIT-2')
    connection.terminate('finished', 'FIN-WAIT-2 without a reader is over')
  else if (options.keepAlive) onKeepAliveTimer(connection, now)
  else timers.setLife(Number.POSITIVE_INFINITY)
}

function onKeepAliveTimer(connection: Connection, now: number): void {
  const { timers, recovery, sender } = connection
  const { keepAliveIdleMs, keepAliveIntervalMs, keepAliveProbes } = connection.options
  if (connection.keepAliveProbes === 0) {
    // RFC9293:MUST-26: only when nothing was heard, and nothing else is asking.
    const due = Math.max(connection.lastHeardAt, connection.lastDataSentAt) + keepAliveIdleMs
    if (due > now || recovery.board.count > 0) {
      timers.setLife(Math.max(due, now + keepAliveIntervalMs))
      return
    }
  } else if (connection.keepAliveProbes >= keepAliveProbes) {
    // RFC9293:MUST-29: a single probe without an answer proves nothing; all of them do.
    connection.sendReset(now, 'keep-alive unanswered', 'RFC 9293 3.8.4')
    connection.terminate('keepalive-timeout', 'keep-alive unanswered')
    return
  }
  connection.keepAliveProbes++
  emitSegment(connection, (sender.next - 1) | 0, 0, ACK, now, 'keep-alive', 'RFC 9293 3.8.4') // RFC9293:SHLD-12: without data
  timers.setLife(now + keepAliveIntervalMs)
}
