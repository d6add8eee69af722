import type { TcpConnection } from '../transport/tcp/mod.ts'

export interface DnsStreamEvents {
  onMessage(bytes: Uint8Array): void
  /** The peer says nothing more. */
  onEnd(): void
  onClosed(): void
}

/**
 * DNS messages on a TCP connection, each behind its length (RFC 1035 4.2.2, RFC 7766 8). While the peer does not take what is
 * written nothing more is read: a connection holds one message that comes and the answers to it.
 */
export class DnsStream {
  readonly #connection: TcpConnection
  readonly #now: () => number
  readonly #onMessage: (bytes: Uint8Array) => void
  #incoming: Uint8Array = new Uint8Array(2)
  #filled = 0
  #isLength = true
  readonly #outgoing: Uint8Array[] = []
  #isPumping = false
  #isEnding = false
  #isOver = false

  /** Takes over the connection's observer. */
  constructor(connection: TcpConnection, now: () => number, events: DnsStreamEvents) {
    this.#connection = connection
    this.#now = now
    this.#onMessage = events.onMessage
    const pump = (): void => this.#pump()
    const onClosed = (): void => {
      this.#isOver = true
      events.onClosed()
    }
    connection.observer = { onReadable: pump, onWritable: pump, onEnd: () => events.onEnd(), onClosed }
  }

  /** Reads what has come already. */
  start(): void {
    this.#pump()
  }

  send(message: Uint8Array): void {
    const framed = new Uint8Array(2 + message.length)
    framed[0] = message.length >> 8
    framed[1] = message.length
    framed.set(message, 2)
    this.#outgoing.push(framed)
    this.#pump()
  }

  /** Nothing more is sent but what waits. */
  end(): void {
    this.#isEnding = true
    this.#pump()
  }

  /** Nothing more is read, nor sent. */
  abandon(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#connection.abandon(this.#now())
  }

  #pump(): void {
    // An answer that is sent within `onMessage` leaves in the turn of the loop that is under way.
    if (this.#isPumping) return
    this.#isPumping = true
    while (!this.#isOver && this.#flush() && this.#read());
    this.#isPumping = false
    if (this.#isEnding && !this.#isOver && this.#outgoing.length === 0) {
      this.#isEnding = false
      this.#connection.shutdown(this.#now())
    }
  }

  /** Whether everything has been taken. */
  #flush(): boolean {
    for (let next = this.#outgoing[0]; next !== undefined; next = this.#outgoing[0]) {
      const taken = this.#connection.send(next, this.#now())
      if (taken < next.length) {
        this.#outgoing[0] = next.subarray(taken)
        return false
      }
      this.#outgoing.shift()
    }
    return true
  }

  /** Whether there was something to read. */
  #read(): boolean {
    if (this.#connection.readableBytes === 0) return false
    this.#filled += this.#connection.read(this.#incoming.subarray(this.#filled), this.#now())
    if (this.#filled < this.#incoming.length) return true
    const whole = this.#incoming
    this.#filled = 0
    if (this.#isLength) {
      const length = (whole[0] << 8) | whole[1]
      if (length === 0) return true
      this.#incoming = new Uint8Array(length)
      this.#isLength = false
    } else {
      this.#incoming = new Uint8Array(2)
      this.#isLength = true
      this.#onMessage(whole)
    }
    return true
  }
}
