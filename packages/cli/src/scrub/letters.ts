/** Dead letters as `wirehub sub '$HUB.DLQ.>' --json` writes them: lines of JSON, back into messages. */
import { HubError, memberValue, subjectKind } from '@wirehub/hub'

const OWN = 'dead-letter-'

/** What a letter was before it was one. */
export interface Letter {
  readonly subject: string
  readonly payload: Buffer
  readonly headers: readonly (readonly [string, string])[]
  /** Why it was refused. */
  readonly reason: string
  /** What was kept of it: redacted, whole, encrypted, dropped; undefined when a gateway wrote it. */
  readonly kept: string | undefined
}

/**
 * @param place file and line, for the errors
 * @throws HubError WIREHUB_ERR_MALFORMED when the line is no dead letter
 */
export function parseLetter(line: string, place: string): Letter {
  const row = parsed(line, place)
  const headers = entriesOf(row.headers)
  const own = (name: string): string | undefined => headers.find(([one]) => one.toLowerCase() === OWN + name)?.[1]
  const subject = own('subject')
  const reason = own('reason')
  if (subject === undefined || reason === undefined || subjectKind(subject) !== 'literal') {
    throw malformed(place, 'This is no dead letter: it has no header Dead-Letter-Subject that names a subject.')
  }
  return {
    subject,
    payload: payloadOf(row, line, place),
    headers: headers.filter(([name]) => !name.toLowerCase().startsWith(OWN)),
    reason,
    kept: own('kept'),
  }
}

function parsed(line: string, place: string): Record<string, unknown> {
  try {
    const row: unknown = JSON.parse(line)
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Record<string, unknown>
  } catch {
    // What the parser says quotes the letter: the place is enough.
  }
  throw malformed(place, 'The line is no JSON object.')
}

function entriesOf(headers: unknown): (readonly [string, string])[] {
  return Object.entries((headers ?? {}) as Record<string, string | string[]>).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, String(value)] as const),
  )
}

function payloadOf({ data, encoding }: Record<string, unknown>, line: string, place: string): Buffer {
  if (encoding === undefined) return Buffer.from(memberValue(line, 'data') ?? '')
  if (typeof data !== 'string') throw malformed(place, `"encoding":"${String(encoding)}" wants "data" to be a string.`)
  return Buffer.from(data, encoding === 'base64' ? 'base64' : 'utf8')
}

function malformed(place: string, sentence: string): HubError {
  return new HubError('WIREHUB_ERR_MALFORMED', sentence, {
    place,
    cure: "Give what wirehub sub '$HUB.DLQ.>' --json > FILE wrote.",
  })
}
