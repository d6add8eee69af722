import { asBuffer, NameCache } from '../json/names.ts'
import { ESCAPED, JsonTape, KEY, KIND_MASK, OBJECT, STRIDE } from '../json/tape.ts'
import { firstByte } from '../json/walk.ts'
import { Rejection } from './rejection.ts'
import type { SchemaCheck } from './schema.ts'

/** What a validate stage demands, all values given. */
export interface ValidateRules {
  /** Decoded bytes at most; 0 is no limit. */
  readonly maxBytes: number
  /** Whether the payload must be JSON. */
  readonly json: boolean
  /** Containers within containers. */
  readonly maxDepth: number
  readonly maxTokens: number
  readonly maxKeyBytes: number
  readonly duplicateKeys: 'reject' | 'allow'
  /** `__proto__`, and `constructor` that holds an object: what poisons prototypes in careless readers. */
  readonly prototypeKeys: 'reject' | 'allow'
  readonly schema: SchemaCheck | undefined
}

/** Refuses payloads that are not what a policy demands; never changes one. */
export class Validation {
  readonly #rules: ValidateRules
  readonly #tape: JsonTape
  readonly #names = new NameCache()

  constructor(rules: ValidateRules) {
    this.#rules = rules
    this.#tape = new JsonTape({ maxDepth: rules.maxDepth, maxTokens: rules.maxTokens })
  }

  /** @throws Rejection with the reason */
  check(bytes: Uint8Array): void {
    const rules = this.#rules
    if (rules.maxBytes > 0 && bytes.length > rules.maxBytes) {
      throw new Rejection('too-large', `The payload has ${bytes.length} bytes, ${rules.maxBytes} are allowed.`)
    }
    const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
    const tape = this.#tape
    if (!tape.parse(bytes, start, bytes.length)) {
      const first = firstByte(bytes, start, bytes.length)
      if (tape.fault === 'depth')
        throw new Rejection('json-depth', `The JSON is nested deeper than ${rules.maxDepth} levels.`)
      if (tape.fault === 'tokens')
        throw new Rejection('json-tokens', `The JSON has more than ${rules.maxTokens} tokens.`)
      if (rules.json || rules.schema !== undefined) {
        throw new Rejection('json-invalid', `The payload is not JSON: byte ${tape.faultAt} does not fit.`)
      }
      if (first !== 0x7b && first !== 0x5b) return
    }
    this.#keys(bytes)
    if (rules.schema !== undefined && tape.fault === '') this.#schema(bytes, rules.schema)
  }

  #keys(bytes: Uint8Array): void {
    const rules = this.#rules
    const { tokens } = this.#tape
    const ends: number[] = []
    const seen: (Set<string> | undefined)[] = []
    const end = this.#tape.count * STRIDE
    for (let index = 0; index < end; index += STRIDE) {
      while (ends.length > 0 && index >= ends[ends.length - 1]) {
        ends.pop()
        seen.pop()
      }
      const kind = tokens[index] & KIND_MASK
      if (kind === OBJECT) {
        ends.push(tokens[index + 3])
        seen.push(rules.duplicateKeys === 'reject' ? new Set() : undefined)
      } else if (kind === KEY) this.#key(bytes, index, seen[seen.length - 1])
    }
  }

  #key(bytes: Uint8Array, index: number, seen: Set<string> | undefined): void {
    const { tokens } = this.#tape
    const start = tokens[index + 1]
    const end = tokens[index + 2]
    const rules = this.#rules
    if (end - start - 2 > rules.maxKeyBytes) {
      throw new Rejection('json-invalid', `A key has ${end - start - 2} bytes, ${rules.maxKeyBytes} are allowed.`)
    }
    const name = this.#names.name(bytes, start, end, (tokens[index] & ESCAPED) !== 0)
    if (rules.prototypeKeys === 'reject') {
      const value = index + STRIDE
      const isObject = value < this.#tape.count * STRIDE && (tokens[value] & KIND_MASK) === OBJECT
      if (name === '__proto__' || (name === 'constructor' && isObject)) {
        throw new Rejection('json-prototype-key', `The key "${name}" is not allowed (byte ${start}).`)
      }
    }
    if (seen === undefined) return
    if (seen.has(name)) throw new Rejection('json-duplicate-key', `A key stands twice in one object (byte ${start}).`)
    seen.add(name)
  }

  #schema(bytes: Uint8Array, check: SchemaCheck): void {
    const { tokens } = this.#tape
    const end = this.#tape.count * STRIDE
    for (let index = 0; index < end; index = tokens[index + 3]) {
      const problem = check(JSON.parse(asBuffer(bytes).toString('utf8', tokens[index + 1], tokens[index + 2])))
      if (problem !== '') throw new Rejection('schema', problem)
    }
  }
}
