import { invalidArgType, outOfRange, validateType } from './errors.ts'
import type { Socket } from './socket.ts'

/** The longest delay of Node's timers. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** `socket.setTimeout`: 'timeout' after so long without anything read or written; 0 switches it off. */
export function setSocketTimeout(socket: Socket, delayMs: number, callback: unknown): void {
  if (socket.destroyed) return
  socket.timeout = delayMs
  const delay = duration(delayMs)
  socket._timer?.cancel()
  socket._timer = null
  if (callback !== undefined && typeof callback !== 'function') throw invalidArgType('callback', 'function', callback)
  if (delay === 0) {
    if (callback !== undefined) socket.removeListener('timeout', callback as () => void)
    return
  }
  socket._timer = socket._network.host.timer(delay, () => socket._onTimeout())
  if (callback !== undefined) socket.once('timeout', callback as () => void)
}

function duration(delayMs: number): number {
  validateType(delayMs, 'msecs', 'number')
  if (delayMs < 0 || !Number.isFinite(delayMs)) throw outOfRange('msecs', 'a non-negative finite number', delayMs)
  if (delayMs <= MAX_DELAY_MS) return delayMs
  process.emitWarning(
    `${delayMs} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${MAX_DELAY_MS}.`,
    'TimeoutOverflowWarning',
  )
  return MAX_DELAY_MS
}
