/** `wirehub sub`: prints what is published. */
import { HubError, parsePattern } from '@wirehub/hub'
import { clientOptions, connectClient } from '../client.ts'
import { type Command, wholeNumber } from '../command.ts'
import { isTerminal, messageAsJson, messageAsText } from '../output.ts'
import { watch } from '../watch.ts'

export const sub: Command = {
  name: 'sub',
  summary: 'Prints messages as they come: readable on a terminal, JSON lines otherwise.',
  usage: 'SUBJECT... [options]',
  examples: [
    ["wirehub sub 'orders.>'", 'everything under orders'],
    ["wirehub sub 'orders.*' --count 1 --json", 'the next message, as JSON'],
    ['wirehub sub jobs --queue workers', 'share the messages with other workers'],
  ],
  options: {
    ...clientOptions,
    queue: { type: 'string', short: 'q', value: 'NAME', help: 'join a queue group' },
    count: { type: 'string', short: 'n', value: 'N', help: 'end after so many messages' },
    json: { type: 'boolean', help: 'JSON lines even on a terminal' },
    raw: { type: 'boolean', help: 'payloads only, each with a line feed' },
  },
  async run(values, subjects) {
    if (subjects.length === 0)
      throw new HubError('WIREHUB_ERR_USAGE', 'A subject is missing.', { cure: "wirehub sub '>'" })
    for (const subject of subjects) parsePattern(subject)
    const limit = wholeNumber(values, 'count', Number.POSITIVE_INFINITY, 1)
    const asJson = values.json === true || !isTerminal()
    const connection = await connectClient(values, 'wirehub sub')
    return watch(connection, subjects, {
      queue: values.queue as string | undefined,
      limit,
      begun: `listening on ${subjects.join(', ')}; Ctrl-C ends`,
      show: (message) => {
        if (values.raw === true) return Buffer.concat([message.data, Buffer.from('\n')])
        return asJson ? messageAsJson(message) : messageAsText(message, new Date())
      },
      cure: 'Ask for the permission to subscribe.',
    })
  },
}
