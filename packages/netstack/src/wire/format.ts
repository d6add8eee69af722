import { WireError } from './error.ts'
import { type Field, type FieldValue, type PlacedField, readField, writeField } from './field.ts'
import { type OptionSpace, parseOptions, writeOptions } from './options.ts'

/** What may follow the fixed fields of a header, up to its end. */
export type Tail =
  | {
      readonly shape: 'bytes'
      readonly name: string
      readonly label: string
      readonly kind?: 'text'
      readonly filter?: string
    }
  | { readonly shape: 'list'; readonly name: string; readonly label: string; readonly item: AnyFormat }
  | { readonly shape: 'options'; readonly name: string; readonly label: string; readonly options: OptionSpace }

/** A definition as it is written down: names of fields are keys of the record, in the order of the wire. */
export interface FormatDefinition<R> {
  /** Short and stable, such as `tcp`: errors and the dissector name the protocol or option by it. */
  readonly name: string
  readonly label: string
  /** The RFC and section that draws the diagram. */
  readonly source: string
  readonly fields: readonly Field<keyof R & string>[]
  readonly tail?: Tail
}

/** Every field of the record, or undefined where the bytes end before it. Writable: an assignment changes the bytes beneath. */
export type View<R> = { -readonly [K in keyof R]: R[K] | undefined } & {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/**
 * One header, option or message: the table of its fields, and everything that follows from the table: parser, emitter and
 * view. The dissector walks the same table, so that none of them can disagree with another.
 */
export class Format<R extends object> {
  readonly name: string
  readonly label: string
  readonly source: string
  readonly fields: readonly PlacedField<keyof R & string>[]
  readonly tail: Tail | undefined
  /** Length of the fixed fields. */
  readonly byteLength: number
  #viewPrototype: object | undefined

  constructor(definition: FormatDefinition<R>) {
    this.name = definition.name
    this.label = definition.label
    this.source = definition.source
    this.tail = definition.tail
    let bit = 0
    const fields: PlacedField<keyof R & string>[] = []
    for (const field of definition.fields) {
      fields.push({ ...field, bit })
      bit += field.bits
    }
    if (bit % 8 !== 0) throw new Error(`${definition.name}: the fields make ${bit} bits, which are no whole bytes`)
    this.fields = fields
    this.byteLength = bit / 8
  }

  /** The placed field of that name. */
  field(name: keyof R & string): PlacedField {
    const field = this.fields.find((candidate) => candidate.name === name)
    if (field === undefined) throw new Error(`${this.name} has no field ${name}`)
    return field
  }

  /** The record of bytes[start..end). Byte-valued fields are views, not copies. Throws WireError (TRUNCATED, OPTION). */
  parse(bytes: Uint8Array, start = 0, end: number = bytes.length): R {
    if (end - start < this.byteLength) {
      throw new WireError(
        'NETSTACK_ERR_WIRE_TRUNCATED',
        this.name,
        `${end - start} bytes are here, the fixed header alone takes ${this.byteLength}`,
        end - start,
      )
    }
    const record: Record<string, unknown> = {}
    for (const field of this.fields) record[field.name] = readField(field, bytes, start)
    if (this.tail !== undefined) record[this.tail.name] = this.#parseTail(this.tail, bytes, start, end)
    return record as R
  }

  #parseTail(tail: Tail, bytes: Uint8Array, start: number, end: number): unknown {
    let position = start + this.byteLength
    if (tail.shape === 'bytes') return bytes.subarray(position, end)
    if (tail.shape === 'options') return parseOptions(tail.options, bytes, position, end)
    const items: unknown[] = []
    const size = tail.item.byteLength
    if ((end - position) % size !== 0) {
      throw new WireError(
        'NETSTACK_ERR_WIRE_LENGTH',
        this.name,
        `${end - position} bytes of ${tail.label} are not a multiple of ${size}`,
        position - start,
      )
    }
    for (; position < end; position += size) items.push(tail.item.parse(bytes, position, position + size))
    return items
  }

  /** Length in bytes that {@link write} needs for this record. */
  lengthOf(record: Partial<R>): number {
    return this.byteLength + this.#tailBytes(record).length
  }

  #tailBytes(record: Partial<R>): Uint8Array {
    const tail = this.tail
    if (tail === undefined) return EMPTY
    const value = (record as Record<string, unknown>)[tail.name]
    if (value === undefined) return EMPTY
    if (tail.shape === 'bytes') return value as Uint8Array
    if (tail.shape === 'options') return writeOptions(tail.options, value as readonly object[])
    const items = value as readonly object[]
    const bytes = new Uint8Array(items.length * tail.item.byteLength)
    items.forEach((item, i) => {
      tail.item.write(item, bytes, i * tail.item.byteLength)
    })
    return bytes
  }

  /**
   * Writes the record at `start` and returns where it ends. A field that the record does not name gets its initial value.
   * Throws WireError (VALUE) when a value is missing or does not fit, (TRUNCATED) when the room is too small.
   */
  write(record: Partial<R>, bytes: Uint8Array, start = 0): number {
    const tail = this.#tailBytes(record)
    const end = start + this.byteLength + tail.length
    if (end > bytes.length) {
      throw new WireError(
        'NETSTACK_ERR_WIRE_TRUNCATED',
        this.name,
        `${bytes.length - start} bytes of room, the header takes ${end - start}`,
      )
    }
    for (const field of this.fields) {
      const value = (record as Record<string, FieldValue | undefined>)[field.name] ?? field.initial
      if (value === undefined)
        throw new WireError('NETSTACK_ERR_WIRE_VALUE', this.name, `${field.label} is missing`, field.bit >>> 3)
      writeField(field, bytes, start, value, this.name)
    }
    bytes.set(tail, start + this.byteLength)
    return end
  }

  /** The record as bytes of its own. */
  build(record: Partial<R>): Uint8Array {
    const bytes = new Uint8Array(this.lengthOf(record))
    this.write(record, bytes)
    return bytes
  }

  /** A generous, zero-copy view: whatever the bytes are, it shows them, and undefined where they end too early. */
  view(bytes: Uint8Array, start = 0, end: number = bytes.length): View<R> {
    this.#viewPrototype ??= this.#buildViewPrototype()
    return Object.create(this.#viewPrototype, {
      bytes: { value: bytes },
      start: { value: start },
      end: { value: end },
    }) as View<R>
  }

  #generousTail(tail: Tail, view: View<object>): unknown {
    if (view.start + this.byteLength > view.end) return undefined
    try {
      return this.#parseTail(tail, view.bytes, view.start, view.end)
    } catch (error) {
      if (error instanceof WireError) return undefined
      throw error
    }
  }

  #buildViewPrototype(): object {
    const prototype = {}
    const protocol = this.name
    for (const field of this.fields) {
      const lastByte = (field.bit + field.bits + 7) >>> 3
      Object.defineProperty(prototype, field.name, {
        enumerable: true,
        get(this: View<object>) {
          return this.start + lastByte > this.end ? undefined : readField(field, this.bytes, this.start)
        },
        set(this: View<object>, value: FieldValue) {
          if (this.start + lastByte > this.end) {
            throw new WireError(
              'NETSTACK_ERR_WIRE_TRUNCATED',
              protocol,
              `${field.label} lies behind the end of the bytes`,
              field.bit >>> 3,
            )
          }
          writeField(field, this.bytes, this.start, value, protocol)
        },
      })
    }
    const tail = this.tail
    if (tail !== undefined) {
      const parseTail = (view: View<object>): unknown => this.#generousTail(tail, view)
      Object.defineProperty(prototype, tail.name, {
        enumerable: true,
        get(this: View<object>) {
          return parseTail(this)
        },
      })
    }
    return prototype
  }
}

const EMPTY = new Uint8Array(0)

/** A format of whatever record: for tables that hold several, and for those who walk them. */
// biome-ignore lint/suspicious/noExplicitAny: its record is not known here, and a Format of unknown would take none
export type AnyFormat = Format<any>
