import type { Place } from '../errors.ts'
import { ScrubError } from '../errors.ts'

/**
 * NATS subject patterns (docs.nats.io, "Subject-Based Messaging"): tokens parted by dots, `*` for one token, `>` for
 * one or more at the end. A wildcard as the first token never selects a subject whose first token begins with `$` or
 * is `_INBOX`: what protocols tell each other there must be named to be rewritten.
 */
export interface SubjectPattern {
  readonly source: string
  readonly tokens: readonly string[]
}

export function parseSubjectPattern(source: string, place: Place): SubjectPattern {
  const tokens = source.split('.')
  for (const [index, token] of tokens.entries()) {
    const bad =
      token === ''
        ? 'has an empty token'
        : /[\s\0]/.test(token)
          ? 'has a blank in it'
          : token === '>' && index < tokens.length - 1
            ? 'has ">" before its end'
            : token.length > 1 && /[*>]/.test(token)
              ? `mixes a wildcard with text in "${token}"`
              : ''
    if (bad !== '') {
      throw new ScrubError(
        'SCRUB_ERR_CONFIG',
        `The subject pattern "${source}" ${bad}.`,
        'Write tokens parted by dots, "*" for one whole token, ">" for the rest, such as "events.*.created" or "events.>".',
        place,
      )
    }
  }
  return { source, tokens }
}

/** What every subject begins with that the pattern selects; empty when it may be anything. */
export function literalBeginning({ tokens }: SubjectPattern): string {
  const wildcard = tokens.findIndex((token) => token === '*' || token === '>')
  return wildcard < 0
    ? tokens.join('.')
    : tokens
        .slice(0, wildcard)
        .map((token) => `${token}.`)
        .join('')
}

/** Whether a literal subject, given as its tokens, is selected. */
export function matchesSubject(pattern: SubjectPattern, subject: readonly string[]): boolean {
  const { tokens } = pattern
  const first = tokens[0]
  if ((first === '>' || first === '*') && isReserved(subject[0])) return false
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]
    if (token === '>') return subject.length > index
    if (index >= subject.length) return false
    if (token !== '*' && token !== subject[index]) return false
  }
  return tokens.length === subject.length
}

function isReserved(token: string): boolean {
  return token === '_INBOX' || token.charCodeAt(0) === 0x24
}
