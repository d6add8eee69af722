/** Log lines without secrets: what a gateway quotes of what it was sent must not outlive the connection. */
import { compilePolicies, type Scrubber } from '@wirehub/scrub'
import type { LogSink } from '../assembly/hub-core.ts'

/** Details that name who and where: an operator needs them as they are. */
const NAMES = new Set(['user', 'client', 'url', 'address', 'subject'])

let scrubber: Scrubber | undefined

/** The same sink, given sentences and details in which detectors find no secret, card or address any more. */
export function cleanLog(sink: LogSink): LogSink {
  return (level, sentence, detail) => {
    if (detail === undefined) sink(level, cleaned(sentence))
    else sink(level, cleaned(sentence), cleanedDetail(detail))
  }
}

function cleanedDetail(detail: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name,
      typeof value === 'string' && !NAMES.has(name) ? cleaned(value) : value,
    ]),
  )
}

function cleaned(text: string): string {
  // Made at the first line: a hub that has nothing to say does not pay for it.
  scrubber ??= compilePolicies({
    policies: [
      {
        name: 'log',
        subjects: ['log'],
        stages: [{ redact: [{ detectors: ['secret', 'contact', 'financial'], action: 'remove' }] }],
      },
    ],
  })
  const outcome = scrubber.scrub({ subject: 'log', payload: Buffer.from(text) }, { nowMs: 0 })
  if (outcome.kind === 'unchanged') return text
  return outcome.kind === 'changed' ? Buffer.from(outcome.payload).toString('utf8') : '[not shown]'
}
