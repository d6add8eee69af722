/** The arguments of PUB and HPUB: `subject [reply] [headerBytes] totalBytes`. Sans-IO and free of allocation. */

const CR = 13
const LF = 10
const SPACE = 32
const TAB = 9
const ZERO = 48

/** What a parse came to. */
export type PublishLineResult = 'complete' | 'incomplete' | 'invalid'

const MAX_ARGUMENTS = 4

/** The place of each argument of one PUB or HPUB line; used again for every line. */
export class PublishLine {
  subjectStart = 0
  subjectEnd = 0
  replyStart = 0
  replyEnd = 0
  headerBytes = 0
  totalBytes = 0
  /** Where the arguments after the subject begin, or -1 when a subscriber cannot get them as they are. */
  wireStart = 0
  /** Position after the line feed. */
  lineEnd = 0
  readonly #starts = new Int32Array(MAX_ARGUMENTS)
  readonly #ends = new Int32Array(MAX_ARGUMENTS)

  /** Parses from after the verb. `end` bounds what has been read so far. */
  parse(source: Buffer, start: number, end: number, withHeaders: boolean): PublishLineResult {
    let at = start
    let count = 0
    let canonical = true
    for (;;) {
      let spaces = 0
      while (at < end && (source[at] === SPACE || source[at] === TAB)) {
        if (source[at] === TAB) canonical = false
        at++
        spaces++
      }
      if (at >= end) return 'incomplete'
      const code = source[at]
      if (code === LF || code === CR) {
        if (spaces > 0) canonical = false
        break
      }
      if (spaces !== 1 && count > 0) canonical = false
      if (count === MAX_ARGUMENTS) return 'invalid'
      this.#starts[count] = at
      while (at < end && source[at] > SPACE) at++
      if (at < end && source[at] !== SPACE && source[at] !== TAB && source[at] !== CR && source[at] !== LF)
        return 'invalid'
      this.#ends[count++] = at
    }
    if (source[at] === CR) {
      if (at + 1 >= end) return 'incomplete'
      if (source[at + 1] !== LF) return 'invalid'
      at++
    } else canonical = false
    this.lineEnd = at + 1
    return this.#assign(source, count, withHeaders, canonical)
  }

  #assign(source: Buffer, count: number, withHeaders: boolean, canonical: boolean): PublishLineResult {
    const numbers = withHeaders ? 2 : 1
    if (count < 1 + numbers || count > 2 + numbers) return 'invalid'
    const starts = this.#starts
    const ends = this.#ends
    this.subjectStart = starts[0]
    this.subjectEnd = ends[0]
    const hasReply = count === 2 + numbers
    this.replyStart = hasReply ? starts[1] : 0
    this.replyEnd = hasReply ? ends[1] : 0
    const total = decimal(source, starts[count - 1], ends[count - 1])
    const header = withHeaders ? decimal(source, starts[count - 2], ends[count - 2]) : 0
    if (total < 0 || header < 0 || header > total) return 'invalid'
    this.totalBytes = total
    this.headerBytes = header
    // HPUB without header bytes is delivered as MSG, whose line has one number.
    this.wireStart = canonical && header > 0 === withHeaders ? starts[1] : -1
    return 'complete'
  }
}

/** The number at source[start, end), or -1. */
function decimal(source: Buffer, start: number, end: number): number {
  if (end - start > 10 || end === start) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = source[i] - ZERO
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}
