/** `wirehub scrub try`: what would become of one message. */
import { encodeHeaders, parseLiteral } from '@wirehub/hub'
import { type Outcome, type Trial, tryScrub } from '@wirehub/scrub'
import type { OptionValues } from '../command.ts'
import { isTerminal, paint, printable } from '../output.ts'
import { diffWords, oneSide } from './diff.ts'
import { exampleSubject, loadScrub } from './load.ts'
import { readPayload, textOf } from './payload.ts'
import { table } from './table.ts'

const MEASURED_BYTES = 4 * 1024 * 1024
const MAX_REPEATS = 500

/** A message before and after. */
interface Sides {
  readonly payload: Uint8Array | undefined
  readonly headers: Uint8Array | undefined
}

export async function runTry(values: OptionValues, [file]: readonly string[]): Promise<number> {
  const { scrubber } = loadScrub(values)
  const payload = await readPayload(file)
  const first = scrubber.policies.find(({ mode }) => mode !== 'off')?.subjects[0] ?? 'events.>'
  const subject = parseLiteral((values.subject as string | undefined) ?? exampleSubject(first))
  const headers = headerBlock(values.header as string[] | undefined)
  const trial = tryScrub(
    scrubber,
    { subject, headers, payload },
    {
      nowMs: Date.now(),
      monotonicMs: () => performance.now(),
      repeat: Math.max(1, Math.min(MAX_REPEATS, Math.floor(MEASURED_BYTES / Math.max(1, payload.length)))),
    },
  )
  const after = sideAfter(trial.outcome, { payload, headers })
  const readable = values.text === true || (isTerminal() && values.json !== true)
  process.stdout.write(readable ? asText(trial, { payload, headers }, after) : asJson(trial, after))
  return 0
}

function headerBlock(given: readonly string[] = []): Buffer | undefined {
  if (given.length === 0) return undefined
  return encodeHeaders(
    given.map((one) => {
      const colon = one.indexOf(':')
      return [one.slice(0, colon < 0 ? undefined : colon).trim(), colon < 0 ? '' : one.slice(colon + 1).trim()] as const
    }),
  )
}

function sideAfter(outcome: Outcome, before: Sides): Sides {
  if (outcome.kind === 'unchanged') return before
  return outcome.kind === 'changed' ? outcome : outcome.deadLetter
}

function asJson(trial: Trial, after: Sides): string {
  const { subject, policies, outcome, effects, costMs } = trial
  const text = after.payload === undefined ? undefined : textOf(after.payload, after.headers)
  const result = {
    subject,
    policies,
    outcome: policies.length === 0 ? 'no-policy' : outcome.kind,
    ...(outcome.kind === 'rejected'
      ? { policy: outcome.policy, code: outcome.code, reason: outcome.reason, deadLetter: outcome.deadLetter.handling }
      : {}),
    costMs,
    rules: effects,
    ...(after.headers === undefined ? {} : { headers: Buffer.from(after.headers).toString('utf8') }),
    ...(after.payload === undefined
      ? {}
      : text === undefined
        ? { encoding: 'base64', payload: Buffer.from(after.payload).toString('base64') }
        : { payload: text }),
  }
  return `${JSON.stringify(result)}\n`
}

function asText(trial: Trial, before: Sides, after: Sides): string {
  const { subject, policies, outcome, effects, costMs } = trial
  const verdict = policies.length === 0 ? 'no policy applies' : outcome.kind === 'rejected' ? 'refused' : outcome.kind
  const style = { unchanged: 'green', changed: 'yellow', refused: 'red', 'no policy applies': 'dim' } as const
  const by = policies.length === 0 ? '' : ` by ${policies.join(', ')}`
  const lines = [`${paint('cyan', subject)}  ${paint(style[verdict], verdict)}${by}, ${duration(costMs)}`]
  if (outcome.kind === 'rejected') {
    lines.push(`  ${outcome.reason} (${outcome.code}; dead letter: ${outcome.deadLetter.handling})`)
  }
  const [headersBefore, headersAfter] = [before.headers, after.headers].map((one) =>
    one === undefined ? '' : Buffer.from(one).toString('utf8').split('\r\n').slice(1).join('\n').trim(),
  )
  lines.push(...change(headersBefore, headersAfter))
  if (after.payload !== undefined && before.payload !== undefined) {
    const [old, fresh] = [textOf(before.payload, before.headers), textOf(after.payload, after.headers)]
    if (old !== undefined && fresh !== undefined) lines.push(...change(old, fresh))
    else if (!Buffer.from(before.payload).equals(after.payload)) {
      lines.push(`  ${before.payload.length} bytes that are no text become ${after.payload.length}`)
    }
  }
  if (effects.length > 0) {
    lines.push(
      '',
      ...table(
        ['rule', 'policy', 'action', 'found', 'bytes', 'by', 'where'],
        effects.map((one) => [
          one.rule,
          one.policy,
          one.enforced ? one.action : `${one.action} (reported only)`,
          String(one.matches),
          String(one.bytes),
          one.detectors.join(', '),
          one.paths.slice(0, 4).join(', ') + (one.paths.length > 4 ? ', …' : ''),
        ]),
      ),
    )
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

/** Lines of one text that became another; none where nothing changed. */
function change(before: string, after: string): string[] {
  if (before === after) return []
  const pieces = diffWords(printable(before), printable(after))
  const side = (kind: 'removed' | 'added', sign: string, style: 'red' | 'green'): string[] =>
    oneSide(pieces, kind, (text) => paint(style, text))
      .split('\n')
      .map((line) => `${paint(style, sign)} ${line}`)
  return [...side('removed', '-', 'red'), ...side('added', '+', 'green')]
}

function duration(milliseconds: number): string {
  return milliseconds < 1 ? `${Math.round(milliseconds * 1000)} µs` : `${milliseconds.toFixed(1)} ms`
}
