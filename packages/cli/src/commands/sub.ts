/** `wirehub sub`: prints what is published. */
import { HubError, parsePattern } from '@wirehub/hub'
import { clientOptions, connectClient } from '../client.ts'
import { type Command, exitCodes, wholeNumber } from '../command.ts'
import { isTerminal, messageAsJson, messageAsText } from '../output.ts'

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
    let seen = 0
    let refusal: Error | undefined
    for (const subject of subjects) {
      connection.subscribe(subject, {
        ...(values.queue === undefined ? {} : { queue: values.queue as string }),
        callback: (error, message) => {
          if (error !== null) {
            refusal = error
            void connection.close()
            return
          }
          if (seen++ >= limit) return
          if (values.raw === true) process.stdout.write(Buffer.concat([message.data, Buffer.from('\n')]))
          else process.stdout.write(asJson ? messageAsJson(message) : messageAsText(message, new Date()))
          if (seen === limit) void connection.close()
        },
      })
    }
    process.once('SIGINT', () => void connection.close())
    process.once('SIGTERM', () => void connection.close())
    await connection.flush().catch(() => {})
    console.error(`listening on ${subjects.join(', ')}; Ctrl-C ends`)
    const problem = (await connection.closed()) ?? refusal
    if (refusal !== undefined) {
      throw new HubError('WIREHUB_ERR_PERMISSION_DENIED', refusal.message, {
        cure: 'Ask for the permission to subscribe.',
      })
    }
    if (problem instanceof Error)
      throw new HubError('WIREHUB_ERR_CONNECT', `The connection was lost: ${problem.message}`)
    return exitCodes.ok
  },
}
