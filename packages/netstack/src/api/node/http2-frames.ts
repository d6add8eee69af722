/** A length of three octets, type, flags and a stream: RFC 9113 4.1. */
const HEADER_BYTES = 9
/** The first octet of what a client says before its frames, and how much that is: RFC 9113 3.4. */
const PREFACE_START = 0x50
const PREFACE_BYTES = 24

const TYPE_OFFSET = 3
/** RFC 9113 6.1. */
const DATA = 0

/** Cuts the bytes of an HTTP/2 connection between frames, but for those between two of data. */
export class FrameCutter {
  readonly #header = Buffer.alloc(HEADER_BYTES)
  #headerBytes = 0
  /** What has still to come of the preface or of a frame whose header is known. */
  #missing = 0
  #isFirst = true
  #isData = false

  cut(chunk: Uint8Array): Uint8Array[] {
    if (this.#isFirst && chunk.length > 0) {
      this.#isFirst = false
      if (chunk[0] === PREFACE_START) this.#missing = PREFACE_BYTES
    }
    const pieces: Uint8Array[] = []
    let start = 0
    let at = 0
    while (at < chunk.length) {
      if (this.#missing === 0) {
        const header = at
        const wasData = this.#isData
        at += this.#readHeader(chunk.subarray(at))
        if (header > start && !(wasData && this.#isData)) {
          pieces.push(chunk.subarray(start, header))
          start = header
        }
      }
      const taken = Math.min(this.#missing, chunk.length - at)
      this.#missing -= taken
      at += taken
    }
    if (start < at) pieces.push(chunk.subarray(start))
    return pieces
  }

  /** The number of octets that belong to the header. */
  #readHeader(chunk: Uint8Array): number {
    const part = chunk.subarray(0, HEADER_BYTES - this.#headerBytes)
    this.#header.set(part, this.#headerBytes)
    this.#headerBytes += part.length
    if (this.#headerBytes === HEADER_BYTES) {
      this.#headerBytes = 0
      this.#missing = this.#header.readUIntBE(0, 3)
      this.#isData = this.#header[TYPE_OFFSET] === DATA
    }
    return part.length
  }
}
