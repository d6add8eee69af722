/** When a user has to wait before he writes more, and when he is told to go on. */
import { GUARANTEED_SEND_BYTES } from './buffer-memory.ts'
import type { Connection } from './connection.ts'
import { EVENT_WRITABLE } from './events.ts'

/** `send` has taken less than was offered: the send buffer is full, or the memory of all connections. */
export function blockWriter(connection: Connection): void {
  const { host, sender } = connection
  connection.writeBlocked = true
  if (!sender.buffer.isRefusedMemory) return
  host.counters.memoryRefused++
  host.memory.wait(connection)
}

/** Something has left the send buffer, or the memory of all connections: the user who waits is told, if it is enough. */
export function unblockWriter(connection: Connection): void {
  const { buffer } = connection.sender
  const third = buffer.limit / 3
  if (!connection.writeBlocked || buffer.limit - buffer.length < third) return
  if (buffer.room < Math.min(third, GUARANTEED_SEND_BYTES)) {
    connection.host.memory.wait(connection)
    return
  }
  connection.writeBlocked = false
  connection.host.memory.forget(connection)
  connection.raise(EVENT_WRITABLE)
}

/** The same outside of the connection's own processing: the user is told at once. */
export function wakeWriter(connection: Connection): void {
  unblockWriter(connection)
  connection.dispatch()
}
