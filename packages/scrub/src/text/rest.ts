import { asBuffer } from '../json/names.ts'
import type { SpanSink } from '../scan/types.ts'
import type { ScanGroup } from '../stages/rules.ts'

/** More replacements within one text, or a longer one, are not put together here: the whole payload is looked at again then. */
const MAX_REPLACEMENTS = 256
const MAX_BYTES = 1024 * 1024

/**
 * What replacements leave of one text. Something may come to light in it that stood beside what is gone: then the payload has to be
 * looked at again. Nearly always nothing does, and that is told here by looking at this text alone.
 */
export class Rest {
  #starts: number[] = []
  #ends: number[] = []
  #texts: string[] = []
  readonly #isMark: boolean[] = []
  #count = 0
  /** Whether the text is seen as it stands, by one scanner: otherwise nothing can be told. */
  #isPlain = false
  #mustLook = false
  #bytes: Buffer = Buffer.allocUnsafeSlow(1024)
  /** Ranges of the replacements in the text that is left. */
  #labels: number[] = []
  #isShown = false
  readonly #sink: SpanSink = (start, end) => {
    for (let index = 0; index < this.#count; index++) {
      const from = this.#labels[index * 2]
      const to = this.#labels[index * 2 + 1]
      // A smaller finding within a mask would be masked anew.
      if (start >= from && end <= to && (this.#isMark[index] || (start === from && end === to))) return
    }
    this.#isShown = true
  }

  /** Another text. */
  begin(isPlain: boolean): void {
    this.#count = 0
    this.#isPlain = isPlain
    this.#mustLook = false
  }

  /** A part of the text is replaced. `isMark`: by something that is left alone wherever it stands. */
  add(start: number, end: number, text: string, isMark: boolean): void {
    // Without anything in its place, what stood apart may become one word, for a name or for what it names.
    if (!this.#isPlain || text === '' || this.#count >= MAX_REPLACEMENTS) this.#mustLook = true
    else {
      this.#starts[this.#count] = start
      this.#ends[this.#count] = end
      this.#isMark[this.#count] = isMark
      this.#texts[this.#count++] = text
    }
  }

  /** Whether scanners find something in what is left, besides what stands there instead. */
  mayShow(
    bytes: Uint8Array,
    start: number,
    end: number,
    groups: readonly ScanGroup[],
    fieldName: string | undefined,
  ): boolean {
    if (this.#mustLook || this.#count === 0) return this.#mustLook
    const length = this.#compose(bytes, start, end)
    if (length < 0) return true
    this.#isShown = false
    for (const { scanner } of groups) scanner.scan(this.#bytes, 0, length, this.#sink, fieldName)
    return this.#isShown
  }

  /** Writes what is left; -1 when it is too long or the replacements are not in order. */
  #compose(bytes: Uint8Array, start: number, end: number): number {
    let needed = end - start
    for (let index = 0; index < this.#count; index++) needed += this.#texts[index].length * 3
    if (needed > MAX_BYTES) return -1
    if (this.#bytes.length < needed) this.#bytes = Buffer.allocUnsafeSlow(needed * 2)
    const source = asBuffer(bytes)
    this.#labels.length = 0
    let from = start
    let to = 0
    for (let index = 0; index < this.#count; index++) {
      if (this.#starts[index] < from) return -1
      to += source.copy(this.#bytes, to, from, this.#starts[index])
      const label = to
      to += this.#bytes.write(this.#texts[index], to)
      this.#labels.push(label, to)
      from = this.#ends[index]
    }
    return to + source.copy(this.#bytes, to, from, end)
  }
}
