/** `wirehub request`: asks, and prints the answer. */
import { HubError, parseLiteral } from '@wirehub/hub'
import { clientError, clientOptions, connectClient, timeoutMs } from '../client.ts'
import { type Command, exitCodes } from '../command.ts'
import { isTerminal, messageAsJson, messageAsText } from '../output.ts'
import { headersOf } from './pub.ts'

export const request: Command = {
  name: 'request',
  summary: 'Sends a request and prints the answer.',
  usage: 'SUBJECT [PAYLOAD] [options]',
  examples: [
    ['wirehub request time.now', 'the first answer'],
    [`wirehub request math.sum '[1,2]' --timeout 500 --json`, 'as JSON, within half a second'],
  ],
  options: {
    ...clientOptions,
    header: { type: 'string', short: 'H', multiple: true, value: 'NAME:VALUE', help: 'a header; repeatable' },
    json: { type: 'boolean', help: 'JSON even on a terminal' },
    raw: { type: 'boolean', help: 'the payload only' },
  },
  async run(values, [subject, payload]) {
    if (subject === undefined) throw new HubError('WIREHUB_ERR_USAGE', 'A subject is missing.')
    parseLiteral(subject)
    const headers = headersOf(values.header as string[] | undefined)
    const connection = await connectClient(values, 'wirehub request')
    try {
      const answer = await connection
        .request(subject, payload ?? '', {
          timeout: timeoutMs(values),
          ...headers,
        })
        .catch((error: Error) => {
          throw explain(error, subject)
        })
      if (values.raw === true) process.stdout.write(Buffer.from(answer.data))
      else if (values.json === true || !isTerminal()) process.stdout.write(messageAsJson(answer))
      else process.stdout.write(messageAsText(answer, new Date()))
    } finally {
      await connection.close()
    }
    return exitCodes.ok
  },
}

function explain(error: Error, subject: string): unknown {
  const refused = clientError(error, subject)
  if (refused !== error) return refused
  if (/no responders/i.test(error.message)) {
    return new HubError('WIREHUB_ERR_NO_RESPONDERS', 'Nobody listens on this subject.', {
      place: subject,
      cure: `wirehub reply ${subject} 'hello' answers it.`,
    })
  }
  if (/timeout/i.test(`${error.name} ${error.message}`)) {
    return new HubError('WIREHUB_ERR_TIMEOUT', 'No answer came in time.', { place: subject, cure: 'Raise --timeout.' })
  }
  if (/permission/i.test(error.message)) {
    return new HubError('WIREHUB_ERR_PERMISSION_DENIED', error.message, { place: subject })
  }
  return new HubError('WIREHUB_ERR_CONNECT', error.message, { place: subject, cause: error })
}
