import { View } from '../text/view.ts'

const slots = 1024
const longest = 128

/** Field names as strings, remembered by their bytes: the same few names come with every message. */
export class NameCache {
  readonly #hashes = new Int32Array(slots)
  readonly #names: (string | undefined)[] = new Array(slots).fill(undefined)
  readonly #view = new View()
  /** For whom the key in a slot is known to be no finding itself. */
  readonly #cleanFor: unknown[] = new Array(slots).fill(undefined)
  /** The slot of the name that was asked last; -1 when it is not remembered. */
  #last = -1

  /** Whether the last name was marked as clean for `whom`. */
  isClean(whom: unknown): boolean {
    return this.#last >= 0 && this.#cleanFor[this.#last] === whom
  }

  /** Remembers that there is nothing to find in the last name. */
  markClean(whom: unknown): void {
    if (this.#last >= 0) this.#cleanFor[this.#last] = whom
  }

  /** The name between the quotes at `start` and `end` (both quotes included), decoded. */
  name(bytes: Uint8Array, start: number, end: number, isEscaped: boolean): string {
    const from = start + 1
    const to = end - 1
    this.#last = -1
    if (isEscaped) {
      this.#view.unescapeJson(bytes, from, to)
      return this.#view.bytes.toString('utf8', 0, this.#view.length)
    }
    if (to - from > longest) return asBuffer(bytes).toString('utf8', from, to)
    let hash = 0x811c9dc5
    for (let index = from; index < to; index++) hash = Math.imul(hash ^ bytes[index], 0x01000193)
    const slot = (hash ^ (hash >>> 15)) & (slots - 1)
    const known = this.#names[slot]
    if (known !== undefined && this.#hashes[slot] === hash && sameName(known, bytes, from, to)) {
      this.#last = slot
      return known
    }
    const name = asBuffer(bytes).toString('utf8', from, to)
    if (name.length === to - from) {
      this.#hashes[slot] = hash
      this.#names[slot] = name
      this.#cleanFor[slot] = undefined
      this.#last = slot
    }
    return name
  }
}

/** Only names of ASCII are remembered, so that characters and bytes are the same thing. */
function sameName(name: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false
  for (let index = 0; index < name.length; index++) if (name.charCodeAt(index) !== bytes[from + index]) return false
  return true
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
