/** Tracing: every operation that a client sends as one line for the operator, as nats-server writes it. A codec around the codec: who does not trace pays nothing. */
import type { Connection } from '../../core/connection.ts'
import type { Codec } from '../../core/gateway.ts'

const LF = 10
const TLS_HANDSHAKE = 0x16
/** Longer lines are shown to here. */
const SHOWN_BYTES = 1024
const SECRETS = /("(?:pass|auth_token|sig|jwt)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi

/** Finds the control lines in what is read; payloads are passed over. */
class Operations {
  readonly #tell: (line: string) => void
  #beginning = ''
  #skipBytes = 0

  constructor(tell: (line: string) => void) {
    this.#tell = tell
  }

  read(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#skipBytes > 0) {
        const skipped = Math.min(this.#skipBytes, chunk.length - at)
        this.#skipBytes -= skipped
        at += skipped
        continue
      }
      const feed = chunk.indexOf(LF, at)
      const end = feed < 0 ? chunk.length : feed
      const room = SHOWN_BYTES - this.#beginning.length
      this.#beginning += chunk.toString('utf8', at, Math.min(end, at + room))
      at = end + 1
      if (feed >= 0) this.#line()
    }
  }

  #line(): void {
    const line = this.#beginning.replace(/\r$/, '')
    this.#beginning = ''
    this.#tell(line.replace(SECRETS, '$1"[REDACTED]"'))
    const size = /^H?PUB\s.*?(\d{1,15})\s*$/i.exec(line)
    if (size !== null) this.#skipBytes = Number(size[1]) + 2
  }
}

/** The same codec, whose input is told line by line. */
export function traced(codec: Codec, connection: Connection, tell: (text: string) => void): Codec {
  const who = `${connection.remoteAddress}:${connection.remotePort}`
  const kind = connection.protocol === 'ws' ? 'wid' : 'cid'
  const operations = new Operations((line) => tell(`${who} - ${kind}:${connection.id} - <<- [${line}]`))
  return {
    readsInPlace: codec.readsInPlace ?? false,
    receive(chunk) {
      if (chunk[0] !== TLS_HANDSHAKE) operations.read(chunk)
      codec.receive(chunk)
    },
    secured: (peer) => codec.secured?.(peer),
    end: () => codec.end?.(),
    tick: (nowMs) => codec.tick?.(nowMs),
    refuse: (reason) => codec.refuse?.(reason),
    revise: () => codec.revise?.(),
    drain: () => codec.drain?.(),
    subscriptionEnded: (subscription) => codec.subscriptionEnded?.(subscription),
    closed: () => codec.closed?.(),
  }
}
