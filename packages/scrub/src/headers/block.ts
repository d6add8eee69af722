import { asBuffer } from '../json/names.ts'

/**
 * A NATS header block: `NATS/1.0`, an optional status, then `Name: value` lines, each ended by CR LF, and an empty line
 * (NATS ADR-4). Parsed into offsets only; the bytes stay as they came.
 */
export class HeaderBlock {
  bytes: Buffer = Buffer.alloc(0)
  /** How many lines there are besides the first. */
  count = 0
  readonly #offsets: number[] = []

  /** Finds the lines; a line without a colon is kept as it is and counts as no header. */
  parse(bytes: Uint8Array): void {
    this.bytes = asBuffer(bytes)
    this.count = 0
    let position = this.#lineEnd(0)
    while (position < this.bytes.length) {
      const end = this.#lineEnd(position)
      const textEnd = this.#trim(position, end)
      if (textEnd === position) break
      const colon = this.bytes.indexOf(0x3a, position)
      if (colon > position && colon < textEnd) {
        let value = colon + 1
        while (value < textEnd && (this.bytes[value] === 0x20 || this.bytes[value] === 0x09)) value++
        const at = this.count++ * 5
        this.#offsets[at] = position
        this.#offsets[at + 1] = colon
        this.#offsets[at + 2] = value
        this.#offsets[at + 3] = textEnd
        this.#offsets[at + 4] = end
      }
      position = end
    }
  }

  #lineEnd(position: number): number {
    const end = this.bytes.indexOf(0x0a, position)
    return end < 0 ? this.bytes.length : end + 1
  }

  #trim(start: number, end: number): number {
    let position = end
    if (position > start && this.bytes[position - 1] === 0x0a) position--
    if (position > start && this.bytes[position - 1] === 0x0d) position--
    return position
  }

  lineStart(index: number): number {
    return this.#offsets[index * 5]
  }

  nameEnd(index: number): number {
    return this.#offsets[index * 5 + 1]
  }

  valueStart(index: number): number {
    return this.#offsets[index * 5 + 2]
  }

  valueEnd(index: number): number {
    return this.#offsets[index * 5 + 3]
  }

  /** Behind the line's CR LF. */
  lineEnd(index: number): number {
    return this.#offsets[index * 5 + 4]
  }

  name(index: number): string {
    return this.bytes.toString('latin1', this.lineStart(index), this.nameEnd(index))
  }

  value(index: number): string {
    return this.bytes.toString('utf8', this.valueStart(index), this.valueEnd(index))
  }

  /** The value of the first header of this name (lower case), regardless of case. */
  get(lowerName: string): string | undefined {
    for (let index = 0; index < this.count; index++) {
      const length = this.nameEnd(index) - this.lineStart(index)
      if (length === lowerName.length && this.name(index).toLowerCase() === lowerName) return this.value(index)
    }
    return undefined
  }
}

/** Text that is safe as (part of) a header value: no line ends, no NUL. */
export function headerSafe(text: string): string {
  return text.replace(/[\r\n\0]+/g, ' ')
}

/** A block with headers added at its end; makes one when there is none. Names and values must be safe already. */
export function withHeaders(block: Uint8Array | undefined, headers: readonly (readonly [string, string])[]): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${headerSafe(value)}\r\n`).join('')
  if (block === undefined || block.length === 0) return Buffer.from(`NATS/1.0\r\n${lines}\r\n`)
  const bytes = asBuffer(block)
  const hasEnd = bytes.length >= 2 && bytes[bytes.length - 2] === 0x0d && bytes[bytes.length - 1] === 0x0a
  const end = hasEnd ? bytes.length - 2 : bytes.length
  return Buffer.concat([bytes.subarray(0, end), Buffer.from(`${lines}\r\n`)])
}
