import type { Place } from '../errors.ts'
import { ScrubError } from '../errors.ts'

/** One step of a field path. */
export type Segment =
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  /** `*`: any one key or element. */
  | { readonly kind: 'any' }
  /** `[*]`: any one element. */
  | { readonly kind: 'element' }
  /** `**`: any number of steps, none included. */
  | { readonly kind: 'deep' }

/**
 * A field path: `$.user.email`, `**.password`, `$.items[*].card`, `$.items[0]`, `$["odd.name"]`. Elements need no step
 * of their own: `$.items.card` also selects the cards within an array `items`.
 */
export interface Selector {
  readonly source: string
  readonly segments: readonly Segment[]
}

const step =
  /\.?(\*\*)|\.?(\*)|\[\*\](?:)|\[(\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\]|\.?([^.[\]*"'\s]+)/y
const element = /\[\*\]/y

export function parseSelector(source: string, place: Place): Selector {
  const segments: Segment[] = []
  let position = source.startsWith('$') && (source.length === 1 || '.['.includes(source[1])) ? 1 : 0
  while (position < source.length) {
    element.lastIndex = position
    if (element.test(source)) {
      segments.push({ kind: 'element' })
      position = element.lastIndex
      continue
    }
    step.lastIndex = position
    const match = step.exec(source)
    if (match === null || match[0] === '') throw badSelector(source, position, place)
    segments.push(segmentOf(match))
    position = step.lastIndex
  }
  if (segments.length === 0 && source !== '$') throw badSelector(source, 0, place)
  return { source, segments: segments.filter((one, at) => one.kind !== 'deep' || segments[at - 1]?.kind !== 'deep') }
}

function segmentOf(match: RegExpExecArray): Segment {
  if (match[1] !== undefined) return { kind: 'deep' }
  if (match[2] !== undefined) return { kind: 'any' }
  if (match[3] !== undefined) return { kind: 'index', index: Number(match[3]) }
  const quoted = match[4] ?? match[5]
  return { kind: 'key', name: quoted === undefined ? match[6] : quoted.replace(/\\(.)/g, '$1') }
}

function badSelector(source: string, position: number, place: Place): ScrubError {
  return new ScrubError(
    'SCRUB_ERR_CONFIG',
    `The field path "${source}" is not understood at offset ${position}.`,
    'Write it as "$.user.email", "**.password", "$.items[*].card" or \'$["odd.name"]\'.',
    place,
  )
}
