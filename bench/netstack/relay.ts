import { join } from 'node:path'
import type { Frame, FramePool } from '../../packages/netstack/src/link/frame.ts'
import { Impairment, type ImpairmentOptions } from '../../packages/netstack/src/link/impairment.ts'
import type { Link } from '../../packages/netstack/src/link/link.ts'
import { CaptureFile } from '../../packages/netstack/src/link/pcap/node.ts'
import { SeededRandom } from '../../packages/netstack/src/link/random.ts'
import type { TimerQueue } from '../../packages/netstack/src/link/timer-queue.ts'
import { LINKTYPE_RAW } from '../../packages/netstack/src/wire/link-types.ts'

/** Flows are told by the sender's port: this one and those after it. */
export const FIRST_PORT = 40_000

/** What lies between sender and receiver. Each flow has a rate and a queue of its own. */
export interface RelayPath {
  readonly rttMs: number
  /** Share of the data segments that is lost. */
  readonly loss?: number
  /** Share of the data segments that takes so much longer, and is overtaken. */
  readonly late?: { readonly share: number; readonly byMs: number }
  readonly rateBitsPerSecond: number
  readonly queueBytes: number
}

export interface RelayOptions {
  readonly path: RelayPath
  readonly flows: number
  readonly seed: number
  readonly pool: FramePool
  readonly timers: TimerQueue
  /** Where to write what either end saw. */
  readonly captureFolder?: string | undefined
}

/**
 * Carries packets between a sender's link and a receiver's. What happens to the n-th data segment of a flow is drawn from the seed and n alone, whoever sends; segments
 * without data, and everything that the receiver sends, are only delayed.
 */
export class Relay {
  readonly #data: readonly Impairment[]
  readonly #captures: CaptureFile[] = []

  constructor(sender: Link, receiver: Link, { path, flows, seed, pool, timers, captureFolder }: RelayOptions) {
    const random = new SeededRandom(seed)
    const [showSent, showArrived] = ['sender', 'receiver'].map((name) => this.#capture(name, captureFolder))
    const forward = (frame: Frame, now: number): void => {
      showArrived!(frame, now, 'in')
      receiver.transmit(frame, now)
    }
    const back = (frame: Frame, now: number): void => {
      showSent!(frame, now, 'in')
      sender.transmit(frame, now)
    }
    const make = (options: ImpairmentOptions, name: string, out: typeof forward): Impairment =>
      new Impairment(options, 'ip', random.fork(name), pool, timers, out)
    const delayMs = path.rttMs / 2
    const options = dataOptions(path)
    this.#data = Array.from({ length: flows }, (_, flow) => make(options, `flow ${flow}`, forward))
    const bare = make({ delayMs }, 'bare', forward)
    const answers = make({ delayMs }, 'answers', back)
    sender.receiver = (frame, now) => {
      showSent!(frame, now, 'out')
      const flow = dataFlow(frame)
      ;(flow === undefined ? bare : this.#data[flow]!).push(frame, now)
    }
    receiver.receiver = (frame, now) => {
      showArrived!(frame, now, 'out')
      answers.push(frame, now)
    }
  }

  /** Data segments that were lost or found the queue full. */
  get lost(): number {
    return this.#data.reduce((sum, { counters }) => sum + counters.lost + counters.queueFull, 0)
  }

  #capture(name: string, folder: string | undefined): (frame: Frame, now: number, direction: 'in' | 'out') => void {
    if (folder === undefined) return () => {}
    const file = new CaptureFile(join(folder, `${name}.pcapng`))
    const index = file.addInterface({ linkType: LINKTYPE_RAW, name })
    this.#captures.push(file)
    return (frame, now, direction) => file.write(index, now, frame.bytes, frame.start, frame.end, { direction })
  }

  close(): void {
    for (const file of this.#captures) file.close()
  }
}

function dataOptions({ rttMs, loss, late, rateBitsPerSecond, queueBytes }: RelayPath): ImpairmentOptions {
  const delayMs = rttMs / 2
  const common = { ...(loss !== undefined && { loss }), rateBitsPerSecond, queueBytes }
  if (late === undefined) return { ...common, delayMs }
  const paths = [
    { delayMs, weight: 1 - late.share },
    { delayMs: delayMs + late.byMs, weight: late.share },
  ]
  return { ...common, paths }
}

/** The flow whose data an IPv4 packet carries, or undefined when it carries none. */
function dataFlow({ bytes, start, end }: Frame): number | undefined {
  if (bytes[start]! >> 4 !== 4) return undefined
  const tcp = start + (bytes[start]! & 15) * 4
  const headerBytes = (bytes[tcp + 12]! >> 4) * 4
  if (end - tcp <= headerBytes) return undefined
  return ((bytes[tcp]! << 8) | bytes[tcp + 1]!) - FIRST_PORT
}
