/** `wirehub tap`: a live look at messages before and after scrubbing. */
import type { Msg } from '@nats-io/transport-node'
import { HubError, parsePattern } from '@wirehub/hub'
import { clientOptions, connectClient } from '../client.ts'
import { type Command, wholeNumber } from '../command.ts'
import { isTerminal, messageAsJson, paint, payloadAsText } from '../output.ts'
import { watch } from '../watch.ts'

const SIDES = ['before', 'after'] as const
const PREFIX = 'wirehub-tap-'

export const tap: Command = {
  name: 'tap',
  summary: 'Shows messages as they come in (before) or as they go on (after scrubbing), without taking part.',
  usage: 'before|after [SUBJECT]... [options]',
  examples: [
    ['wirehub tap after', 'everything, with what scrubbing did to it and why'],
    ["wirehub tap after 'events.>' --count 10 --json", 'the next ten, as JSON lines'],
    ["wirehub tap before 'events.>'", 'unscrubbed; needs scrub.tap: true in the configuration'],
  ],
  options: {
    ...clientOptions,
    count: { type: 'string', short: 'n', value: 'N', help: 'end after so many messages' },
    json: { type: 'boolean', help: 'JSON lines even on a terminal' },
  },
  async run(values, [side, ...subjects]) {
    if (side !== 'before' && side !== 'after') {
      throw new HubError('WIREHUB_ERR_USAGE', 'Say which side: before or after.', { cure: `wirehub tap ${SIDES[1]}` })
    }
    const limit = wholeNumber(values, 'count', Number.POSITIVE_INFINITY, 1)
    const patterns = (subjects.length === 0 ? ['>'] : subjects).map((one) => `$HUB.TAP.${side}.${parsePattern(one)}`)
    const asJson = values.json === true || !isTerminal()
    const connection = await connectClient(values, 'wirehub tap')
    return watch(connection, patterns, {
      limit,
      begun: `looking at ${patterns.join(', ')}; Ctrl-C ends`,
      show: (message) => (asJson ? messageAsJson(message) : asText(message, side, new Date())),
      cure: cureOf(side),
    })
  },
}

function cureOf(side: string): string {
  const before =
    side === 'before'
      ? 'Set scrub.tap: true in the configuration of the hub; where it has users'
      : 'Where the hub has users'
  return `${before}, ask for permission to subscribe to $HUB.TAP.${side}.>; without users it is possible from its own machine only.`
}

/** One message: time, subject, what became of it, payload; then its own headers. */
function asText(message: Msg, side: string, now: Date): string {
  const subject = message.subject.slice(`$HUB.TAP.${side}.`.length)
  const facts = new Map<string, string>()
  const own: string[] = []
  for (const [name, values] of message.headers ?? []) {
    if (name.toLowerCase().startsWith(PREFIX)) facts.set(name.toLowerCase().slice(PREFIX.length), values.join(', '))
    else own.push(`${name}: ${values.join(', ')}`)
  }
  const outcome = facts.get('outcome')
  const style = { changed: 'yellow', rejected: 'red', unchanged: 'green', 'no-policy': 'dim' } as const
  const verdict = outcome === undefined ? '' : ` ${paint(style[outcome as keyof typeof style] ?? 'dim', outcome)}`
  const why = facts.get('reason') ?? facts.get('findings')
  let lines = `${paint('dim', now.toTimeString().slice(0, 8))} ${paint('cyan', subject)}${verdict} ${payloadAsText(message.data)}\n`
  for (const line of [...(why === undefined ? [] : [why]), ...own]) lines += `         ${paint('dim', line)}\n`
  return lines
}
