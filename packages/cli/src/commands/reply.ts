/** `wirehub reply`: answers requests. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Msg } from '@nats-io/transport-node'
import { HubError, parsePattern } from '@wirehub/hub'
import { clientOptions, connectClient } from '../client.ts'
import { type Command, exitCodes, wholeNumber } from '../command.ts'

const MAX_OUTPUT_BYTES = 1024 * 1024

export const reply: Command = {
  name: 'reply',
  summary: 'Answers every request with a fixed text, its own payload, or the output of a command.',
  usage: 'SUBJECT [ANSWER] [options]',
  examples: [
    ['wirehub reply greet hello', 'a fixed answer'],
    ['wirehub reply echo --echo', 'what was asked'],
    ["wirehub reply time.now --command 'date'", 'the output of a command; the request is its stdin'],
  ],
  options: {
    ...clientOptions,
    queue: { type: 'string', short: 'q', value: 'NAME', help: 'queue group; default wirehub-reply' },
    echo: { type: 'boolean', help: 'answer with the payload of the request' },
    command: { type: 'string', value: 'COMMAND', help: 'run by the shell for each request' },
    count: { type: 'string', short: 'n', value: 'N', help: 'end after so many answers' },
  },
  async run(values, [subject, answer]) {
    if (subject === undefined) throw new HubError('WIREHUB_ERR_USAGE', 'A subject is missing.')
    parsePattern(subject)
    const limit = wholeNumber(values, 'count', Number.POSITIVE_INFINITY, 1)
    const connection = await connectClient(values, 'wirehub reply')
    const subscription = connection.subscribe(subject, {
      queue: (values.queue as string | undefined) ?? 'wirehub-reply',
    })
    process.once('SIGINT', () => void connection.drain())
    process.once('SIGTERM', () => void connection.drain())
    await connection.flush()
    console.error(`answering on ${subject}; Ctrl-C ends`)
    let answered = 0
    for await (const message of subscription) {
      if (!message.reply) continue
      message.respond(await answerOf(message, values.command as string | undefined, values.echo === true, answer))
      if (++answered >= limit) break
    }
    await connection.drain().catch(() => {})
    return exitCodes.ok
  },
}

async function answerOf(
  message: Msg,
  command: string | undefined,
  echo: boolean,
  answer = '',
): Promise<Uint8Array | string> {
  if (echo) return message.data
  if (command === undefined) return answer
  const child = spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  let size = 0
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= MAX_OUTPUT_BYTES) chunks.push(chunk)
    else child.kill()
  })
  // A command that does not read its stdin closes it early; that is its right.
  child.stdin.on('error', () => {})
  child.stdin.end(Buffer.from(message.data))
  await once(child, 'close')
  return Buffer.concat(chunks)
}
