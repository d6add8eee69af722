import type { BenchmarkRow, BenchmarkSuite, Figures, SuiteOptions } from '../suite.ts'
import { median, percentile } from '../suite.ts'
import { number } from '../table.ts'
import { idleBytesPerConnection } from './idle.ts'
import { encodeBatches, type LoadSpec } from './load.ts'
import { RoundTripBench } from './round-trip.ts'
import { type HubRow, hubRows } from './rows.ts'
import { type Contestant, natsServer, pinGenerator, RunningServer, relay, wirehub } from './server.ts'
import { SubscriptionsBench } from './subscriptions.ts'
import { type Measured, ThroughputBench } from './throughput.ts'

const subscriptionConnections = 10
const matchMessages = 500_000
const roundTrips = { 1: 10_000, 64: 100_000 } as Record<number, number>

/** One round of one contestant: a figure, and the share of a core that it took where that is known. */
interface Sample {
  readonly figure: number
  readonly busy?: number
  readonly generatorBusy?: number
}
type Round = () => Promise<Sample>

export const suite: BenchmarkSuite = {
  title: 'hub: NATS',
  method:
    'Rounds interleaved, each server pinned to core 0, the load generator to core 1; payloads encoded beforehand, received bytes counted exactly, ' +
    'and compared byte for byte while warming up. More than 1.00x is better than the peer in every row. "core used" is the processor time of the server ' +
    'over the time of the round, "load" that of the generator; "relay" is what the same load reaches through a Node process that copies bytes and understands nothing.',
  rows: hubRows,
  async run(options, emit) {
    options.progress(pinGenerator())
    const ours = wirehub(options.extra.server)
    const peer = natsServer(options.extra.peer)
    if (peer === undefined)
      options.progress('nats-server is not installed (Debian: apt-get install nats-server): its column stays empty')
    for (const row of hubRows.filter(({ row }) => options.rows.includes(row))) {
      const groupBegun = performance.now()
      const result = await measureRow(row, [ours, ...(peer === undefined ? [] : [peer])], options)
      emit(result)
      options.progress(
        `${row.row.padEnd(14)} ${summary(result)}  (${((performance.now() - groupBegun) / 1000).toFixed(0)} s)`,
      )
    }
  },
}

function summary(row: BenchmarkRow): string {
  if (row.failed) return `FAILED: ${row.note}`
  const figures = [...(row.ours ? [row.ours] : []), ...row.peers].map(
    ({ name, samples }) => `${name} ${number(median(samples))}`,
  )
  return `${figures.join(', ')} ${row.unit}`
}

async function measureRow(
  row: HubRow,
  contestants: readonly Contestant[],
  options: SuiteOptions,
): Promise<BenchmarkRow> {
  const higher = row.kind === 'throughput' || row.kind === 'subscribe' || row.kind === 'match'
  const unit = { throughput: 'msg/s', 'round-trip': 'ms', idle: 'bytes', subscribe: 'sub/s', match: 'msg/s' }[row.kind]
  const base = { row: row.row, what: row.what, unit, better: higher ? 'higher' : 'lower' } as const
  const measured =
    row.kind === 'idle' || row.kind === 'subscribe'
      ? await afresh(row, contestants, options)
      : await interleaved(row, contestants, options)
  const failures = measured.filter(({ failure }) => failure !== undefined)
  const [ours, ...peers] = measured.map(({ figures }) => figures)
  const ceiling = row.kind === 'throughput' ? await relayCeiling(row.load, options) : undefined
  const note = failures.map(({ figures, failure }) => `${figures.name}: ${failure}`).join('; ')
  const generatorBusy = measured.flatMap((contestancy) => contestancy.generatorBusy ?? [])
  return {
    ...base,
    ours: ours!,
    peers,
    ...(ceiling === undefined ? {} : { ceiling }),
    ...(generatorBusy.length > 0 ? { generatorBusy: Math.max(...generatorBusy) } : {}),
    ...(failures.length > 0 ? { note, failed: true } : {}),
  }
}

interface Contestancy {
  readonly figures: Figures
  readonly generatorBusy?: number
  readonly failure?: string
}

/** Every contestant runs at once and takes turns, in changing order; each is warmed up before. */
async function interleaved(
  row: HubRow,
  contestants: readonly Contestant[],
  options: SuiteOptions,
): Promise<Contestancy[]> {
  const runs = await Promise.all(
    contestants.map((contestant) => new Run(contestant.name).begin(contestant, row, options)),
  )
  for (let round = 0; round < options.rounds; round += 1) {
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) await run.measure()
  }
  for (const run of runs) await run.end()
  return runs.map((run) => run.result())
}

/** A figure that only a server just started can give: each round has a new one, in turn. */
async function afresh(row: HubRow, contestants: readonly Contestant[], options: SuiteOptions): Promise<Contestancy[]> {
  const runs = contestants.map(({ name }) => new Run(name))
  const rounds = Math.min(options.rounds, row.kind === 'idle' ? 3 : options.rounds)
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, run] of runs.entries()) {
      await run.begin(contestants[index]!, row, options)
      await run.measure()
      await run.end()
    }
  }
  return runs.map((run) => run.result())
}

/** One contestant in one row, with what it has reached and the reason why it went no further. */
class Run {
  readonly #name: string
  readonly #samples: Sample[] = []
  #failure: string | undefined
  #server: RunningServer | undefined
  #round: Round | undefined
  #close: () => void = () => {}

  constructor(name: string) {
    this.#name = name
  }

  async begin(contestant: Contestant, row: HubRow, options: SuiteOptions): Promise<this> {
    await this.#attempt(async () => {
      this.#server = await RunningServer.start(contestant)
      const { round, close } = await prepare(this.#server, row, options)
      this.#round = round
      this.#close = close
    })
    return this
  }

  async measure(): Promise<void> {
    await this.#attempt(async () => {
      if (this.#round !== undefined) this.#samples.push(await this.#round())
    })
  }

  async end(): Promise<void> {
    this.#close()
    this.#close = () => {}
    this.#round = undefined
    await this.#server?.stop()
    this.#server = undefined
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) return
    try {
      await step()
    } catch (error) {
      const gone = this.#server !== undefined && !this.#server.alive ? '; the server has ended' : ''
      this.#failure = `${(error as Error).message}${gone}`
      this.#round = undefined
    }
  }

  result(): Contestancy {
    const busy = this.#samples.flatMap((sample) => (sample.busy === undefined ? [] : [sample.busy]))
    const figures: Figures = {
      name: this.#name,
      samples: this.#samples.map(({ figure }) => figure),
      ...(busy.length > 0 ? { busy: median(busy) } : {}),
    }
    const generator = this.#samples.flatMap(({ generatorBusy }) => (generatorBusy === undefined ? [] : [generatorBusy]))
    return {
      figures,
      ...(generator.length > 0 ? { generatorBusy: median(generator) } : {}),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    }
  }
}

/** Connects what the row needs, warms it up, and returns what measures one round. */
async function prepare(
  server: RunningServer,
  row: HubRow,
  options: SuiteOptions,
): Promise<{ round: Round; close: () => void }> {
  switch (row.kind) {
    case 'throughput':
      return throughput(server, row.load, options)
    case 'round-trip':
      return roundTrip(server, row)
    case 'idle':
      return { round: async () => ({ figure: await idleBytesPerConnection(server, row.connections) }), close: () => {} }
    case 'subscribe':
    case 'match':
      return subscriptions(server, row)
  }
}

async function throughput(
  server: RunningServer,
  load: LoadSpec,
  options: SuiteOptions,
): Promise<{ round: Round; close: () => void }> {
  const bench = await ThroughputBench.open(server, load)
  const repetitions = await calibrate(bench, Number(options.extra.seconds ?? 1))
  const round: Round = async () => {
    const measured = await bench.run(repetitions)
    const { messages, seconds, cpuSeconds, generatorSeconds } = measured
    return { figure: messages / seconds, busy: cpuSeconds / seconds, generatorBusy: generatorSeconds / seconds }
  }
  return { round, close: () => bench.close() }
}

/** Warms the server up, comparing every byte, until its speed says how many repetitions fill a round. */
async function calibrate(bench: ThroughputBench, seconds: number): Promise<number> {
  let repetitions = 1
  let last: Measured = await bench.run(repetitions, { verify: true })
  for (let spent = last.seconds; spent < Math.min(1, seconds); spent += last.seconds) {
    const wanted = (repetitions * Math.min(0.3, seconds)) / last.seconds
    repetitions = Math.max(1, Math.round(Math.min(repetitions * 8, wanted)))
    last = await bench.run(repetitions, { verify: true })
  }
  return Math.max(1, Math.round((repetitions * seconds) / last.seconds))
}

async function roundTrip(
  server: RunningServer,
  row: HubRow & { kind: 'round-trip' },
): Promise<{ round: Round; close: () => void }> {
  const bench = await RoundTripBench.open(server, row.inFlight)
  const requests = roundTrips[row.inFlight]!
  await bench.run(requests / 2)
  return {
    round: async () => ({ figure: percentile(await bench.run(requests), row.share) }),
    close: () => bench.close(),
  }
}

async function subscriptions(
  server: RunningServer,
  row: HubRow & { kind: 'subscribe' | 'match' },
): Promise<{ round: Round; close: () => void }> {
  const bench = new SubscriptionsBench(server, row.subscriptions, subscriptionConnections)
  if (row.kind === 'subscribe') {
    return {
      round: async () => ({ figure: row.subscriptions / (await bench.subscribe()) }),
      close: () => bench.close(),
    }
  }
  await bench.subscribe()
  await bench.match(matchMessages)
  const round: Round = async () => {
    const { seconds, cpuSeconds } = await bench.match(matchMessages)
    return { figure: matchMessages / seconds, busy: cpuSeconds / seconds }
  }
  return { round, close: () => bench.close() }
}

/** What the same load reaches through a relay that only copies bytes: the most that any server on Node could. */
async function relayCeiling(load: LoadSpec, options: SuiteOptions): Promise<number | undefined> {
  const server = await RunningServer.start(relay)
  try {
    const batches = encodeBatches(load).map((batch) => ({ ...batch, deliver: batch.publish }))
    const bytes = batches.reduce((sum, { publish }) => sum + publish.length, 0)
    const shared = batches.map((batch) => ({ ...batch, deliverBytes: bytes / batches.length }))
    const bench = await ThroughputBench.open(server, load, shared)
    const repetitions = await calibrate(bench, Number(options.extra.seconds ?? 1) / 2)
    const measured = await bench.run(repetitions)
    bench.close()
    return measured.messages / measured.seconds
  } catch (error) {
    options.progress(`the relay could not be measured: ${(error as Error).message}`)
    return undefined
  } finally {
    await server.stop()
  }
}
