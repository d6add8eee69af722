/** What sockets stand on: a TCP connection, or the inside of a pipe between two programs of one host. */
export interface ByteStream {
  /** Takes what fits of `bytes[start..end]`; less than that means: wait for onWritable. @throws {Error} with `code` EPIPE */
  send(bytes: Uint8Array, now: number, start?: number, end?: number, push?: boolean, lent?: boolean): number
  /** Bytes that were lent to `send` are still read where they lie. A stream that always copies has no such thing. */
  readonly hasLoans?: boolean
  /** To be called before they are changed. */
  reclaim?(): void
  readonly readableBytes: number
  /** Copies readable bytes out and frees their room. Returns the number. */
  read(target: Uint8Array, now: number): number
  /**
   * The first readable bytes in memory that is the caller's for good: a large payload in that of the packet it came in, without a copy;
   * anything else copied into what `memory` makes, at most `most` bytes. To be called only when there are some.
   */
  take<Memory extends Uint8Array>(
    most: number,
    memory: (bytes: number) => Memory,
    now: number,
  ): Memory | Uint8Array<ArrayBuffer>
  /** The other side has ended and everything was read. */
  readonly ended: boolean
  /** Nothing more is written; reading goes on. */
  shutdown(now: number): void
  /** Nobody reads or writes any more. What was written still arrives. */
  abandon(now: number): void
  /** Ends at once, on both sides. */
  abort(now: number): void
}

/** Calls of a {@link ByteStream} to whoever holds it. None of them comes from inside a call of its own. */
export interface ByteStreamObserver {
  onConnected?(): void
  onReadable?(): void
  onEnd?(): void
  onWritable?(): void
  /** The last call. Undefined: the orderly way. */
  onClosed?(code: string | undefined): void
}

/** POSIX names of the ways in which a TCP connection ends by itself; the orderly way and `abort` have none. */
const CODES: Readonly<Record<string, string>> = {
  reset: 'ECONNRESET',
  refused: 'ECONNREFUSED',
  timeout: 'ETIMEDOUT',
  'keepalive-timeout': 'ETIMEDOUT',
  'host-unreachable': 'EHOSTUNREACH',
  'network-unreachable': 'ENETUNREACH',
  'protocol-unreachable': 'ECONNREFUSED',
  'no-memory': 'ENOBUFS',
}

export function closeCode(reason: string): string | undefined {
  return CODES[reason]
}
