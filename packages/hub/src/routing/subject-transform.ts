/** Rewriting subjects: `orders.*.created` to `events.$1`. Source: NATS documentation, "Subject Mapping and Partitioning". */
import { HubError } from '../errors.ts'
import { subjectKind } from './subject.ts'

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'token'; readonly index: number }
  | { readonly kind: 'tail' }

/** A pattern, and what becomes of the subjects that it matches. */
export class SubjectTransform {
  readonly from: string
  readonly #from: readonly string[]
  readonly #parts: readonly Part[] | undefined

  /**
   * @param to the new subject; `*` and `>` stand for what they matched, in order, `$1` or `{{wildcard(1)}}` for one of them; undefined: nothing changes
   * @throws HubError WIREHUB_ERR_CONFIG for what is no subject, or refers to what the pattern does not have
   */
  constructor(from: string, to: string | undefined, place: string) {
    if (subjectKind(from) === 'invalid') throw refuse(`${JSON.stringify(from)} is not a subject.`, place)
    this.from = from
    this.#from = from.split('.')
    this.#parts = to === undefined || to === from ? undefined : partsOf(this.#from, to, place)
  }

  /** The new subject, or undefined where the pattern does not match. */
  apply(subject: string): string | undefined {
    const tokens = subject.split('.')
    const found: string[] = []
    const from = this.#from
    for (let at = 0; at < from.length; at++) {
      if (from[at] === '>') return tokens.length > at ? this.#write(subject, found, tokens.slice(at)) : undefined
      if (at >= tokens.length) return undefined
      if (from[at] === '*') found.push(tokens[at])
      else if (from[at] !== tokens[at]) return undefined
    }
    return tokens.length === from.length ? this.#write(subject, found, []) : undefined
  }

  #write(subject: string, found: readonly string[], tail: readonly string[]): string {
    if (this.#parts === undefined) return subject
    return this.#parts
      .flatMap((part) => (part.kind === 'text' ? part.text : part.kind === 'token' ? found[part.index] : tail))
      .join('.')
  }
}

function partsOf(from: readonly string[], to: string, place: string): Part[] {
  const stars = from.filter((token) => token === '*').length
  let next = 0
  const parts = to.split('.').map((token): Part => {
    const numbered = /^(?:\$(\d+)|\{\{\s*wildcard\(\s*(\d+)\s*\)\s*\}\})$/.exec(token)
    if (token === '>') return { kind: 'tail' }
    if (token !== '*' && numbered === null) {
      if (token.startsWith('{{')) throw refuse(`${token} is not supported in a mapping.`, place)
      return { kind: 'text', text: token }
    }
    const index = numbered === null ? next++ : Number(numbered[1] ?? numbered[2]) - 1
    if (index < 0 || index >= stars) throw refuse(`${token} refers to a wildcard that ${from.join('.')} lacks.`, place)
    return { kind: 'token', index }
  })
  const plain = to.replaceAll(/\$\d+|\{\{[^}]*\}\}/g, 'x')
  const tails = parts.filter((part) => part.kind === 'tail').length
  if (subjectKind(plain) === 'invalid' || (tails > 0 && from.at(-1) !== '>'))
    throw refuse(`${JSON.stringify(to)} cannot be made of ${from.join('.')}.`, place)
  return parts
}

function refuse(sentence: string, place: string): HubError {
  return new HubError('WIREHUB_ERR_CONFIG', sentence, {
    place,
    cure: 'Write it like {"orders.*.created": "events.$1"}.',
  })
}
