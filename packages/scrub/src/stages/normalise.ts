import { isAscii, isUtf8 } from '../edge/bytes.ts'
import { asBuffer } from '../json/names.ts'
import { ESCAPED, JsonTape, KEY, KIND_MASK, STRIDE, STRING } from '../json/tape.ts'
import { EditList } from '../text/edits.ts'
import { escapeJson, View } from '../text/view.ts'

/** What a normalise stage makes one form of. */
export interface NormaliseRules {
  /** Unicode normalisation form (UAX #15); NFKC also makes full-width letters and digits plain ones. */
  readonly unicode: 'NFC' | 'NFKC' | 'off'
  /** CR LF and CR become LF. */
  readonly newlines: 'lf' | 'off'
  /** Control, zero-width and direction characters, behind which things hide, go; TAB, LF and CR stay. */
  readonly invisible: 'remove' | 'off'
}

const invisible =
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g

/** Brings text, and the strings and keys of JSON, into one form; what already has it keeps its bytes. */
export class Normalisation {
  readonly #rules: NormaliseRules
  readonly #tape = new JsonTape()
  readonly #edits = new EditList()
  readonly #view = new View()

  constructor(rules: NormaliseRules) {
    this.#rules = rules
  }

  /** The payload in its one form, or undefined when it has that already. */
  apply(bytes: Uint8Array): Buffer | undefined {
    if (isAscii(bytes) && !mayHaveControls(bytes)) return undefined
    this.#edits.clear()
    if (this.#tape.parse(bytes, 0, bytes.length)) {
      this.#strings(bytes)
    } else if (isUtf8(bytes) && !bytes.includes(0)) {
      const text = asBuffer(bytes).toString('utf8')
      const normal = this.#text(text)
      if (normal !== text) this.#edits.add(0, bytes.length, normal)
    }
    return this.#edits.apply(bytes, 0, bytes.length)
  }

  #strings(bytes: Uint8Array): void {
    const { tokens } = this.#tape
    const end = this.#tape.count * STRIDE
    for (let index = 0; index < end; index += STRIDE) {
      const kind = tokens[index] & KIND_MASK
      if (kind !== STRING && kind !== KEY) continue
      const from = tokens[index + 1] + 1
      const to = tokens[index + 2] - 1
      this.#view.unescapeJson(bytes, from, to)
      if ((tokens[index] & ESCAPED) === 0 && isAscii(this.#view.bytes.subarray(0, this.#view.length))) continue
      const text = this.#view.bytes.toString('utf8', 0, this.#view.length)
      const normal = this.#text(text)
      if (normal !== text) this.#edits.add(from, to, escapeJson(normal))
    }
  }

  #text(text: string): string {
    let normal = text
    if (this.#rules.invisible === 'remove') normal = normal.replace(invisible, '')
    if (this.#rules.newlines === 'lf') normal = normal.replace(/\r\n?/g, '\n')
    if (this.#rules.unicode !== 'off') normal = normal.normalize(this.#rules.unicode)
    return normal
  }
}

function mayHaveControls(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]
    if (byte === 0x5c || byte === 0x7f || (byte < 0x20 && byte !== 0x0a && byte !== 0x09)) return true
  }
  return false
}
