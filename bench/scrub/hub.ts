/** What a hub with the shipped policy loses against one without, by message size: NATS 1->1, both hubs taking turns. */
import { join } from 'node:path'
import { compilePolicies, defaultPolicies } from '@wirehub/scrub'
import type { Batch, LoadSpec } from '../hub/load.ts'
import { type Contestant, pinGenerator, RunningServer, wirehub } from '../hub/server.ts'
import { ThroughputBench } from '../hub/throughput.ts'
import { type BenchmarkRow, type Figures, median, type SuiteOptions } from '../suite.ts'
import { clean, dirty } from './payloads.ts'

const shippedConfig = join(import.meta.dirname, '..', '..', 'wirehub.yaml')
const subject = 'events.load'
const targetBatchBytes = 256 * 1024

interface HubInput {
  readonly row: string
  readonly what: string
  readonly payload: () => Buffer
}

/** JSON of exactly so many bytes, for sizes that a ticket does not fit into. */
function note(bytes: number): Buffer {
  const around = JSON.stringify({ type: 'note.created', id: 4711, text: '' })
  const text = 'toner cartridge black, printer in room twelve '.repeat(bytes).slice(0, bytes - around.length)
  return Buffer.from(JSON.stringify({ type: 'note.created', id: 4711, text }))
}

const inputs: readonly HubInput[] = [
  ...[128, 512, 4096, 65_536].map((bytes) => ({
    row: `hub-clean-${bytes}`,
    what: `hub with the shipped policy beside one without: clean JSON, ${bytes} B`,
    payload: () => (bytes < 512 ? note(bytes) : clean(bytes)),
  })),
  {
    row: 'hub-dirty-1024',
    what: 'hub with the shipped policy beside one without: JSON of 1 KiB, nine values redacted',
    payload: () => dirty(1024),
  },
]

export const hubRows: readonly { readonly row: string; readonly what: string }[] = inputs.map(({ row, what }) => ({
  row,
  what,
}))

const load: LoadSpec = { publishers: 1, subscribers: 1, interest: subject, distinctSids: false, pattern: () => [] }

export async function runHubs(options: SuiteOptions, emit: (row: BenchmarkRow) => void): Promise<void> {
  const wanted = inputs.filter(({ row }) => options.rows.includes(row))
  if (wanted.length === 0) return
  options.progress(pinGenerator())
  const plain = wirehub()
  const scrubbing: Contestant = { name: 'with policy', command: [...plain.command, '--config', shippedConfig] }
  for (const input of wanted) {
    options.progress(`  ${input.row}`)
    emit(await compare(input, [scrubbing, { ...plain, name: 'without' }], options))
  }
}

async function compare(
  { row, what, payload }: HubInput,
  contestants: readonly Contestant[],
  options: SuiteOptions,
): Promise<BenchmarkRow> {
  const given = payload()
  const scrubbed = afterPolicy(given)
  const runs: Run[] = []
  try {
    for (const [index, contestant] of contestants.entries()) {
      runs.push(await Run.open(contestant, batch(given, index === 0 ? scrubbed : given), options))
    }
    for (let round = 0; round < options.rounds; round += 1) {
      for (const run of round % 2 === 0 ? runs : runs.toReversed()) await run.measure()
    }
    const [ours, peer] = runs.map((run) => run.figures())
    const share = (median(peer!.samples) - median(ours!.samples)) / median(peer!.samples)
    const note = `with the policy ${Math.round(100 * share)} % fewer messages a second`
    return { row, what, unit: 'msg/s', better: 'higher', ours: ours!, peers: [peer!], note }
  } catch (error) {
    return { row, what, unit: 'msg/s', better: 'higher', peers: [], note: (error as Error).message, failed: true }
  } finally {
    for (const run of runs) await run.close()
  }
}

/** What the shipped policy makes of a payload: what subscribers must receive, byte for byte. */
function afterPolicy(payload: Buffer): Buffer {
  const outcome = compilePolicies(defaultPolicies).scrub({ subject, payload }, { nowMs: 0 })
  if (outcome.kind === 'rejected') throw new Error(`the shipped policy refuses the payload: ${outcome.reason}`)
  return outcome.kind === 'changed' ? Buffer.from(outcome.payload) : payload
}

function batch(payload: Buffer, delivered: Buffer): Batch {
  const repeat = Math.max(1, Math.floor(targetBatchBytes / payload.length))
  const times = (one: Buffer): Buffer => Buffer.concat(Array.from({ length: repeat }, () => one))
  const end = Buffer.from('\r\n')
  const deliver = times(Buffer.concat([Buffer.from(`MSG ${subject} 100 ${delivered.length}\r\n`), delivered, end]))
  return {
    messages: repeat,
    publish: times(Buffer.concat([Buffer.from(`PUB ${subject} ${payload.length}\r\n`), payload, end])),
    deliver,
    deliverBytes: deliver.length,
  }
}

/** One hub in a row, connected and warm. */
class Run {
  readonly #name: string
  readonly #server: RunningServer
  readonly #bench: ThroughputBench
  readonly #repetitions: number
  readonly #samples: number[] = []
  readonly #busy: number[] = []

  private constructor(name: string, server: RunningServer, bench: ThroughputBench, repetitions: number) {
    this.#name = name
    this.#server = server
    this.#bench = bench
    this.#repetitions = repetitions
  }

  static async open(contestant: Contestant, load1: Batch, options: SuiteOptions): Promise<Run> {
    const server = await RunningServer.start(contestant)
    try {
      const bench = await ThroughputBench.open(server, load, [load1])
      const seconds = Number(options.extra.seconds ?? '1')
      let measured = await bench.run(4, { verify: true })
      // Until the code is warm and a round is about as long as it should be.
      let repetitions = 4
      for (let round = 0; round < 4; round += 1) {
        repetitions = Math.max(1, Math.round((repetitions * seconds) / measured.seconds / (round < 3 ? 4 : 1)))
        measured = await bench.run(repetitions, { verify: round < 3 })
      }
      return new Run(contestant.name, server, bench, repetitions)
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  async measure(): Promise<void> {
    const { messages, seconds, cpuSeconds } = await this.#bench.run(this.#repetitions)
    this.#samples.push(messages / seconds)
    this.#busy.push(cpuSeconds / seconds)
  }

  figures(): Figures {
    return { name: this.#name, samples: this.#samples, busy: median(this.#busy) }
  }

  async close(): Promise<void> {
    this.#bench.close()
    await this.#server.stop()
  }
}
