/**
 * Subjects: tokens separated by dots, `*` for one token, `>` for one or more at the end.
 * Source: NATS, "Subject-Based Messaging". Everything that becomes part of a wire line is checked here.
 */
import { HubError } from '../errors.ts'

const DOT = 46
const STAR = 42
const GREATER = 62

/** What a character string is, as a subject. */
export type SubjectKind = 'literal' | 'wildcard' | 'invalid'

/**
 * Classifies a subject. Invalid are: the empty subject, an empty token, white space or control characters, `>` anywhere but
 * alone in the last token. As in nats-server, `*` and `>` inside a longer token are ordinary characters.
 */
export function subjectKind(subject: string): SubjectKind {
  const length = subject.length
  if (length === 0) return 'invalid'
  let wildcard = false
  let tokenStart = 0
  for (let at = 0; at <= length; at++) {
    const code = at === length ? DOT : subject.charCodeAt(at)
    if (code <= 32 || code === 127) return 'invalid'
    if (code !== DOT) continue
    const size = at - tokenStart
    if (size === 0) return 'invalid'
    if (size === 1) {
      const only = subject.charCodeAt(tokenStart)
      if (only === STAR) wildcard = true
      else if (only === GREATER) {
        if (at !== length) return 'invalid'
        wildcard = true
      }
    }
    tokenStart = at + 1
  }
  return wildcard ? 'wildcard' : 'literal'
}

/**
 * A subject one may publish to.
 * @throws HubError WIREHUB_ERR_INVALID_SUBJECT when it is not one, or has wildcards.
 */
export function parseLiteral(subject: string): string {
  const kind = typeof subject === 'string' ? subjectKind(subject) : 'invalid'
  if (kind === 'literal') return subject
  throw new HubError(
    'WIREHUB_ERR_INVALID_SUBJECT',
    kind === 'wildcard' ? 'A message cannot be published to a subject with wildcards.' : 'This is not a subject.',
    {
      place: String(JSON.stringify(subject)),
      cure: 'Use tokens without white space, separated by single dots: orders.eu.created',
    },
  )
}

/**
 * A subject one may subscribe to.
 * @throws HubError WIREHUB_ERR_INVALID_SUBJECT when it is not one.
 */
export function parsePattern(subject: string): string {
  if (typeof subject === 'string' && subjectKind(subject) !== 'invalid') return subject
  throw new HubError('WIREHUB_ERR_INVALID_SUBJECT', 'This is not a subject to subscribe to.', {
    place: String(JSON.stringify(subject)),
    cure: 'Use tokens separated by single dots, * for one token, > for all the rest at the end: orders.*.created, orders.>',
  })
}

/** Names that a wildcard in the first token never selects: they must be named (and permitted). */
export function isReservedRoot(firstToken: string): boolean {
  return firstToken === '$SYS' || firstToken === '$HUB'
}

/** Whether a pattern selects a literal subject. The naive form: routing uses the index. */
export function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.')
  const given = subject.split('.')
  if ((wanted[0] === '*' || wanted[0] === '>') && isReservedRoot(given[0])) return false
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '>') return given.length > i
    if (i >= given.length) return false
    if (wanted[i] !== '*' && wanted[i] !== given[i]) return false
  }
  return wanted.length === given.length
}

/** Whether every subject that `inner` selects is selected by `outer` too (both may have wildcards). */
export function covers(outer: string, inner: string): boolean {
  const wide = outer.split('.')
  const narrow = inner.split('.')
  for (let i = 0; i < wide.length; i++) {
    if (wide[i] === '>') return narrow.length > i
    if (i >= narrow.length || narrow[i] === '>') return false
    if (wide[i] !== '*' && wide[i] !== narrow[i]) return false
  }
  return wide.length === narrow.length
}

/** Whether some subject is selected by both patterns. */
export function overlaps(left: string, right: string): boolean {
  const a = left.split('.')
  const b = right.split('.')
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    if (a[i] === '>' || b[i] === '>') return true
    if (a[i] !== '*' && b[i] !== '*' && a[i] !== b[i]) return false
  }
  return a.length === b.length
}
