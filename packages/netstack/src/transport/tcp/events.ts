import type { TcpCloseReason, TcpConnection, TcpIcmpError, TcpObserver } from './types.ts'

/** Events that wait until processing is over; they are told in this order. */
export const EVENT_CONNECTED = 1
export const EVENT_READABLE = 2
export const EVENT_URGENT = 4
export const EVENT_END = 8
export const EVENT_WRITABLE = 16
export const EVENT_DRAINED = 32
export const EVENT_SOFT_ERROR = 64
export const EVENT_TROUBLE = 128
export const EVENT_CLOSED = 256

/** What a connection has to tell its owner, collected while it processes. */
export class ConnectionEvents {
  /** Sum of EVENT_ constants. */
  pending = 0
  closeReason: TcpCloseReason = 'finished'
  softError: TcpIcmpError | undefined = undefined
  #dispatching = false

  /** Tells the observer what has come together; what happens in its calls comes after. */
  dispatch(connection: TcpConnection): void {
    if (this.#dispatching) return
    this.#dispatching = true
    try {
      while (this.pending !== 0) {
        const event = this.pending & -this.pending
        this.pending &= ~event
        this.#tell(connection, connection.observer, event)
      }
    } finally {
      this.#dispatching = false
    }
  }

  #tell(connection: TcpConnection, observer: TcpObserver, event: number): void {
    switch (event) {
      case EVENT_CONNECTED:
        observer.onConnected?.(connection)
        return
      case EVENT_READABLE:
        observer.onReadable?.(connection)
        return
      case EVENT_URGENT:
        observer.onUrgent?.(connection)
        return
      case EVENT_END:
        observer.onEnd?.(connection)
        return
      case EVENT_WRITABLE:
        observer.onWritable?.(connection)
        return
      case EVENT_DRAINED:
        observer.onDrained?.(connection)
        return
      case EVENT_SOFT_ERROR:
        observer.onSoftError?.(connection, this.softError!)
        return
      case EVENT_TROUBLE:
        observer.onTrouble?.(connection)
        return
      default:
        observer.onClosed?.(connection, this.closeReason)
    }
  }
}
