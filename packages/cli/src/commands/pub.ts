/** `wirehub pub`: publishes one message, or one for each line of stdin. */
import { createInterface } from 'node:readline'
import { type MsgHdrs, headers as makeHeaders, type NatsConnection } from '@nats-io/transport-node'
import { HubError, parseLiteral } from '@wirehub/hub'
import { clientError, clientOptions, connectClient } from '../client.ts'
import { type Command, exitCodes, wholeNumber } from '../command.ts'

export const pub: Command = {
  name: 'pub',
  summary: 'Publishes a message; without a payload, one message for each line of stdin.',
  usage: 'SUBJECT [PAYLOAD] [options]',
  examples: [
    [`wirehub pub orders.created '{"id":1}'`, 'one message'],
    ['wirehub pub logs.app --lines < app.log', 'one message for each line'],
    ['wirehub pub tick now --count 10 --header Trace:1', 'ten messages with a header'],
  ],
  options: {
    ...clientOptions,
    header: { type: 'string', short: 'H', multiple: true, value: 'NAME:VALUE', help: 'a header; repeatable' },
    reply: { type: 'string', value: 'SUBJECT', help: 'where an answer is expected' },
    count: { type: 'string', short: 'n', value: 'N', help: 'how often; {n} in the payload becomes the number' },
    lines: { type: 'boolean', help: 'one message for each line of stdin' },
  },
  async run(values, [subject, payload]) {
    if (subject === undefined)
      throw new HubError('WIREHUB_ERR_USAGE', 'A subject is missing.', { cure: 'wirehub pub SUBJECT PAYLOAD' })
    parseLiteral(subject)
    const count = wholeNumber(values, 'count', 1, 1)
    const options = {
      ...replyOf(values.reply as string | undefined),
      ...headersOf(values.header as string[] | undefined),
    }
    const connection = await connectClient(values, 'wirehub pub')
    try {
      let sent = 0
      if (values.lines === true || (payload === undefined && !process.stdin.isTTY)) {
        for await (const line of createInterface({ input: process.stdin })) {
          connection.publish(subject, line, options)
          sent++
        }
      } else {
        for (; sent < count; sent++)
          connection.publish(subject, (payload ?? '').replaceAll('{n}', String(sent + 1)), options)
      }
      await flushed(connection)
      console.error(`published ${sent} message${sent === 1 ? '' : 's'} to ${subject}`)
    } catch (error) {
      throw clientError(error, subject)
    } finally {
      await connection.close()
    }
    return exitCodes.ok
  },
}

// An error of the server, such as a denied permission, comes before the PONG of the flush.
async function flushed(connection: NatsConnection): Promise<void> {
  let refusal: Error | undefined
  void (async () => {
    for await (const status of connection.status()) if (status.type === 'error') refusal = status.error
  })()
  await connection.flush()
  await new Promise((resolve) => setImmediate(resolve))
  if (refusal !== undefined) {
    throw new HubError('WIREHUB_ERR_PERMISSION_DENIED', refusal.message, {
      cure: 'Ask for the permission to publish there.',
    })
  }
}

function replyOf(reply: string | undefined): { reply?: string } {
  return reply === undefined ? {} : { reply: parseLiteral(reply) }
}

/** Headers from `NAME:VALUE` options. */
export function headersOf(given: string[] | undefined): { headers?: MsgHdrs } {
  if (given === undefined) return {}
  const headers = makeHeaders()
  for (const one of given) {
    const colon = one.indexOf(':')
    if (colon < 1) throw new HubError('WIREHUB_ERR_USAGE', 'A header is NAME:VALUE.', { place: one })
    try {
      headers.append(one.slice(0, colon).trim(), one.slice(colon + 1).trim())
    } catch (error) {
      throw clientError(error, JSON.stringify(one))
    }
  }
  return { headers }
}
