/** What two texts have in common, word by word. */

/** A piece of both texts, or of one of them. */
export interface Piece {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
}

/** Beyond this many comparisons what differs is shown as one piece. */
const MAX_COMPARISONS = 4_000_000

/** The shortest way from one text to the other, in words; what is the same comes in one piece. */
export function diffWords(before: string, after: string): Piece[] {
  const a = words(before)
  const b = words(after)
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end))
  return joined([
    { kind: 'same', text: a.slice(0, start).join('') },
    ...middle,
    { kind: 'same', text: a.slice(a.length - end).join('') },
  ])
}

function words(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|./gsu) ?? []
}

function between(a: readonly string[], b: readonly string[]): Piece[] {
  if (a.length * b.length > MAX_COMPARISONS) {
    return [
      { kind: 'removed', text: a.join('') },
      { kind: 'added', text: b.join('') },
    ]
  }
  const width = b.length + 1
  // lengths[i * width + j]: the longest common subsequence of a from i and b from j.
  const lengths = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j
      lengths[at] = a[i] === b[j] ? lengths[at + width + 1] + 1 : Math.max(lengths[at + width], lengths[at + 1])
    }
  }
  const pieces: Piece[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      pieces.push({ kind: 'same', text: a[i++] })
      j++
    } else if (j === b.length || (i < a.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) {
      pieces.push({ kind: 'removed', text: a[i++] })
    } else pieces.push({ kind: 'added', text: b[j++] })
  }
  return pieces
}

// A single blank or sign that happens to be the same between two changes tells nothing: it goes with them.
function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = []
  let removed = ''
  let added = ''
  const flush = (): void => {
    if (removed !== '') result.push({ kind: 'removed', text: removed })
    if (added !== '') result.push({ kind: 'added', text: added })
    removed = ''
    added = ''
  }
  for (const [index, { kind, text }] of pieces.entries()) {
    if (kind === 'removed') removed += text
    else if (kind === 'added') added += text
    else if (text !== '') {
      const next = pieces[index + 1]
      const inside = (removed !== '' || added !== '') && next !== undefined && next.kind !== 'same'
      if (inside && text.length === 1) {
        removed += text
        added += text
        continue
      }
      flush()
      const last = result.at(-1)
      if (last?.kind === 'same') result[result.length - 1] = { kind: 'same', text: last.text + text }
      else result.push({ kind: 'same', text })
    }
  }
  flush()
  return result
}

/** One side of a difference on few lines: long stretches without a change are left out. */
export function oneSide(pieces: readonly Piece[], side: 'removed' | 'added', paint: (text: string) => string): string {
  return pieces
    .map((piece, index) => {
      if (piece.kind === side) return paint(piece.text)
      if (piece.kind !== 'same') return ''
      return shortened(piece.text, index > 0, index < pieces.length - 1)
    })
    .join('')
}

const CONTEXT = 48

function shortened(text: string, changeBefore: boolean, changeAfter: boolean): string {
  const head = changeBefore ? CONTEXT : 0
  const tail = changeAfter ? CONTEXT : 0
  if (!changeBefore && !changeAfter) return text
  if (text.length <= head + tail + 1) return text
  return `${text.slice(0, head)}…${tail === 0 ? '' : text.slice(-tail)}`
}
