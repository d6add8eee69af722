/**
 * Taps: `$HUB.TAP.before.<subject>` shows messages as they came, `$HUB.TAP.after.<subject>` as they go on. Whether anybody looks is asked once per
 * subject, when its route is worked out; where nobody does, messages pass as if there were no taps.
 */
import type { Outcome } from '@wirehub/scrub'
import { type Account, TAP_PREFIX } from '../core/account.ts'
import type { Engine } from '../core/engine.ts'
import { encodeHeaders, isHeaderName, parseHeaders } from '../core/headers.ts'
import { Message } from '../core/message.ts'

const NOTHING = Buffer.alloc(0)

/** Which side of a subject is looked at. */
export interface Taps {
  readonly before: string | undefined
  readonly after: string | undefined
}

/** The taps that somebody listens to; undefined where nobody does. */
export function tapsOf(account: Account, subject: string, showsBefore: boolean): Taps | undefined {
  if (!account.observed) return undefined
  const heard = (side: string): string | undefined => {
    const target = `${TAP_PREFIX}${side}.${subject}`
    return account.routeFor(target).isEmpty ? undefined : target
  }
  const taps = { before: showsBefore ? heard('before') : undefined, after: heard('after') }
  return taps.before === undefined && taps.after === undefined ? undefined : taps
}

/** Shows a message as it came. */
export function showBefore(engine: Engine, target: string, message: Message): void {
  show(engine, target, message.account, [], message, message.headers, message.payload)
}

/** Shows what became of it. A refused message shows the reason only: what is left of it is in its dead letter. */
export function showAfter(
  engine: Engine,
  target: string,
  message: Message,
  outcome: Outcome | undefined,
  policies: readonly string[],
): void {
  const entries: [string, string][] = [['Wirehub-Tap-Outcome', outcome?.kind ?? 'no-policy']]
  if (policies.length > 0) entries.push(['Wirehub-Tap-Policies', policies.join(', ')])
  if (outcome !== undefined && outcome.findings.length > 0)
    entries.push(['Wirehub-Tap-Findings', findingsText(outcome)])
  if (outcome?.kind === 'rejected') {
    entries.push(['Wirehub-Tap-Reason', outcome.reason])
    show(engine, target, message.account, entries, message, NOTHING, NOTHING)
  } else show(engine, target, message.account, entries, message, message.headers, message.payload)
}

function findingsText({ findings }: Outcome): string {
  const counts = new Map<string, number>()
  for (const { rule, detector } of findings) {
    const name = detector === '' ? rule : `${rule} (${detector})`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return oneLine([...counts].map(([name, count]) => (count === 1 ? name : `${name} x${count}`)).join(', '))
}

// The reply subject is told, not set: whoever looks on is not asked.
function show(
  engine: Engine,
  target: string,
  account: Account,
  entries: [string, string][],
  original: Message,
  headers: Buffer,
  payload: Buffer,
): void {
  const reply = original.reply
  if (reply !== undefined) entries.push(['Wirehub-Tap-Reply', oneLine(reply)])
  if (headers.length > 0)
    entries.push(...(parseHeaders(headers).entries.filter(([name]) => isHeaderName(name)) as [string, string][]))
  const message = new Message()
  message.account = account
  message.route = account.routeFor(target)
  message.compose(undefined, entries.length === 0 ? undefined : encodeHeaders(entries), payload)
  engine.publish(message)
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]+/g, ' ')
}
