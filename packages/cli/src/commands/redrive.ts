/** `wirehub redrive`: publishes dead letters anew, once what refused them has been mended. */
import { createInbox, headers as makeHeaders, type NatsConnection } from '@nats-io/transport-node'
import { HubError } from '@wirehub/hub'
import { type KeyRing, openDeadLetter } from '@wirehub/scrub'
import { clientOptions, connectClient } from '../client.ts'
import { type Command, exitCodes } from '../command.ts'
import { isTerminal } from '../output.ts'
import { type Letter, parseLetter } from '../scrub/letters.ts'
import { configOption, loadKeys, withScrubErrors } from '../scrub/load.ts'
import { readPayload } from '../scrub/payload.ts'

const REFUSED = 400
const NO_RESPONDERS = 503
/** Letters under way before the hub is asked whether it has taken them. */
const BATCH = 500

interface Totals {
  taken: number
  /** Of those taken, how many nobody listened to. */
  unheard: number
  refused: number
  /** Letters of which nothing was kept. */
  empty: number
  failed: number
}

export const redrive: Command = {
  name: 'redrive',
  summary: 'Publishes dead letters to the subjects that they were meant for, with their own headers and payload.',
  usage: 'FILE|- [options]',
  examples: [
    ["wirehub sub '$HUB.DLQ.>' --json > letters.ndjson", 'collect them; Ctrl-C ends'],
    ['wirehub redrive letters.ndjson', 'once the policy is mended: how many were taken, how many refused again'],
    ['wirehub redrive letters.ndjson --dry-run', 'what would be sent where'],
    ['wirehub redrive letters.ndjson --config hub.yaml', "opens encrypted letters with that hub's keys"],
  ],
  options: {
    ...clientOptions,
    ...configOption,
    'dry-run': { type: 'boolean', help: 'send nothing; tell what would be sent' },
    json: { type: 'boolean', help: 'the totals as JSON even on a terminal' },
  },
  async run(values, [file]) {
    if (file === undefined)
      throw new HubError('WIREHUB_ERR_USAGE', 'A file is missing.', { cure: 'wirehub redrive letters.ndjson' })
    let keys: KeyRing | undefined
    const ring = (): KeyRing => (keys ??= loadKeys(values).keys)
    // All are read before the first is sent: a file with a mistake in it is not sent by halves.
    const letters = await withScrubErrors(() => readLetters(file, ring))
    const kept = letters.filter((one) => one !== undefined)
    const totals: Totals = { taken: 0, unheard: 0, refused: 0, empty: letters.length - kept.length, failed: 0 }
    if (values['dry-run'] === true) {
      for (const { subject, payload, reason } of kept) {
        process.stdout.write(`${subject}  ${payload.length} bytes  ${reason}\n`)
      }
      console.error(`${kept.length} would be sent, ${totals.empty} have no content`)
      return exitCodes.ok
    }
    const connection = await connectClient(values, 'wirehub redrive')
    try {
      const sender = new Sender(connection, totals)
      for (const letter of kept) await sender.send(letter)
      await sender.settle()
    } finally {
      await connection.close()
    }
    if (values.json === true || !isTerminal()) process.stdout.write(`${JSON.stringify(totals)}\n`)
    else process.stdout.write(`${summary(totals)}\n`)
    return totals.refused + totals.empty + totals.failed === 0 ? exitCodes.ok : exitCodes.failed
  },
}

async function readLetters(file: string, ring: () => KeyRing): Promise<(Letter | undefined)[]> {
  const lines = (await readPayload(file)).toString('utf8').split('\n')
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    return [opened(parseLetter(line, `${file}:${index + 1}`), ring)]
  })
}

function summary({ taken, unheard, refused, empty, failed }: Totals): string {
  const parts = [`${taken} taken${unheard > 0 ? ` (nobody listened to ${unheard})` : ''}`, `${refused} refused again`]
  if (empty > 0)
    parts.push(`${empty} without content: the policy keeps nothing of what it refuses (deadLetter: dropped)`)
  if (failed > 0) parts.push(`${failed} not permitted`)
  return parts.join(', ')
}

/** What can be sent of a letter; undefined when nothing was kept. */
function opened(letter: Letter, ring: () => KeyRing): Letter | undefined {
  if (letter.kept === 'dropped') return undefined
  if (letter.kept !== 'encrypted') return letter
  const { payload, headers } = openDeadLetter(letter.payload, ring())
  return {
    ...letter,
    payload: Buffer.from(payload),
    headers: headers === undefined ? [] : [...entriesOf(Buffer.from(headers))],
  }
}

function* entriesOf(block: Buffer): Generator<[string, string]> {
  for (const line of block.toString('utf8').split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    if (colon > 0) yield [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
  }
}

/** Publishes letters; a refusal comes as a status to the inbox before the answer to the next flush. */
class Sender {
  readonly #connection: NatsConnection
  readonly #totals: Totals
  readonly #inbox = createInbox()
  #sent = 0
  #refused = 0
  #denied = 0
  #unheard = 0

  constructor(connection: NatsConnection, totals: Totals) {
    this.#connection = connection
    this.#totals = totals
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error !== null) return
        const code = message.headers?.code
        if (code === NO_RESPONDERS) this.#unheard++
        else if (code === REFUSED) {
          this.#refused++
          console.error(`refused again: ${message.headers?.description ?? ''}`)
        }
      },
    })
    void this.#watch()
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type !== 'error') continue
      this.#denied++
      console.error(status.error.message)
    }
  }

  async send({ subject, payload, headers }: Letter): Promise<void> {
    const head = headers.length === 0 ? undefined : makeHeaders()
    for (const [name, value] of headers) head?.append(name, value)
    this.#connection.publish(subject, payload, {
      reply: `${this.#inbox}.${this.#sent}`,
      ...(head === undefined ? {} : { headers: head }),
    })
    if (++this.#sent % BATCH === 0) await this.#connection.flush()
  }

  async settle(): Promise<void> {
    await this.#connection.flush()
    // What stands before the PONG has been read; its callbacks are run in this turn.
    await new Promise((resolve) => setImmediate(resolve))
    const totals = this.#totals
    totals.refused = this.#refused
    totals.failed = this.#denied
    totals.unheard = this.#unheard
    totals.taken = this.#sent - this.#refused - this.#denied
  }
}
