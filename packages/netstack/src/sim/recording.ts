import { conversationsOf, traceSegmentOf } from '../dissect/conversation.ts'
import { type Ladder, ladderOf } from '../dissect/ladder.ts'
import { type TraceRecord, TraceRecorder } from '../dissect/trace.ts'
import type { Capture } from '../link/pcap/capture.ts'
import { writePcapng } from '../link/pcap/write.ts'
import type { CaptureSink } from '../link/tap.ts'
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../wire/link-types.ts'
import type { LinkLossSink } from './sim-link.ts'
import type { World } from './world.ts'

export interface RecordingOptions {
  /** Packets kept at most, and their bytes; later ones are left out. */
  maxPackets?: number
  maxPacketBytes?: number
  /** Records of the trace of each host, and of what links lost; later ones are left out. */
  maxRecords?: number
}

/**
 * Everything that passes from now on, in memory: each frame as it leaves and as it arrives, why TCP sent what it sent, and which
 * link lost what. Ladders and plots are drawn from it.
 *
 *     const recording = new Recording(world)
 *     ...
 *     drawLadder(recording.ladder())
 */
export class Recording {
  /** Frames as they leave their sender and as they reach their receiver. */
  readonly capture: Capture = { interfaces: [], packets: [] }
  /** Packets that came after the limit. */
  packetsLeftOut = 0
  readonly #world: World
  readonly #options: Required<RecordingOptions>
  #packetBytes = 0
  #lossesLeftOut = 0
  readonly #recorders: TraceRecorder[] = []
  readonly #lost: TraceRecord[] = []
  readonly #hosts: string[] = []
  readonly #undo: (() => void)[] = []

  /** A host that restarts is recorded by what it sends and receives only. */
  constructor(world: World, options: RecordingOptions = {}) {
    this.#world = world
    this.#options = { maxPackets: 2_000_000, maxPacketBytes: 1024 * 1024 * 1024, maxRecords: 1_000_000, ...options }
    for (const link of world.links.values()) {
      for (const { end, tap, link: outer } of link.ends) {
        if (!world.hosts.has(end.host)) continue
        const linkType = outer.medium === 'ethernet' ? LINKTYPE_ETHERNET : LINKTYPE_RAW
        const name = `${end.host}/${end.name === '' ? link.name : end.name}`
        const own = this.capture.interfaces.push({ linkType, name, description: link.name }) - 1
        this.#hosts.push(end.host)
        const sink = this.#sink(own)
        tap.sinks.add(sink)
        this.#undo.push(() => tap.sinks.delete(sink))
      }
      link.losses.add(this.#onLoss)
      this.#undo.push(() => link.losses.delete(this.#onLoss))
    }
    for (const host of world.hosts.values()) {
      if (!host.isUp) continue
      const recorder = new TraceRecorder(host.name, {
        epochMs: world.epochMs,
        maxRecords: this.#options.maxRecords,
      })
      this.#recorders.push(recorder)
      const { tcp } = host.stack
      tcp.trace = recorder
      this.#undo.push(() => {
        if (tcp.trace === recorder) tcp.trace = undefined
      })
    }
  }

  #sink(own: number): CaptureSink {
    return (bytes, start, end, now, direction) => {
      const { maxPackets, maxPacketBytes } = this.#options
      if (this.capture.packets.length >= maxPackets || this.#packetBytes + end - start > maxPacketBytes) {
        this.packetsLeftOut++
        return
      }
      this.#packetBytes += end - start
      const timeMs = this.#world.epochMs + now
      const copy = bytes.slice(start, end)
      this.capture.packets.push({ timeMs, interface: own, bytes: copy, originalLength: copy.length, direction })
    }
  }

  readonly #onLoss: LinkLossSink = (link, frame, now, reason) => {
    const linkType = link.options.medium === 'ip' ? LINKTYPE_RAW : LINKTYPE_ETHERNET
    const segment = traceSegmentOf(frame.bytes.subarray(frame.start, frame.end), linkType)
    if (segment === undefined) return
    if (this.#lost.length >= this.#options.maxRecords) {
      this.#lossesLeftOut++
      return
    }
    const timeMs = this.#world.epochMs + now
    this.#lost.push({ kind: 'lost', timeMs, host: link.name, segment, reason: `${reason} on ${link.name}` })
  }

  /** Records of the trace that came after the limit. */
  get recordsLeftOut(): number {
    return this.#recorders.reduce((sum, recorder) => sum + recorder.leftOut, this.#lossesLeftOut)
  }

  /** Why TCP sent, sent again and dropped, how its windows stood, and what links lost; in the order of time. */
  get trace(): TraceRecord[] {
    const records = [...this.#recorders.flatMap((recorder) => recorder.records), ...this.#lost]
    return records.sort((a, b) => a.timeMs - b.timeMs)
  }

  /** Every TCP conversation as a ladder, in the order in which they begin. */
  ladders(): Ladder[] {
    const { trace } = this
    return conversationsOf(this.capture).map((conversation) => ladderOf(conversation, trace))
  }

  /** What one host saw, as the bytes of a pcapng file. @throws {RangeError} when no link ends there */
  pcapng(host: string): Uint8Array {
    const places = this.capture.interfaces.map((_entry, index) => index).filter((index) => this.#hosts[index] === host)
    if (places.length === 0) throw new RangeError(`no link ends at a host "${host}"`)
    return writePcapng({
      interfaces: places.map((place) => this.capture.interfaces[place]),
      packets: this.capture.packets
        .filter((packet) => places.includes(packet.interface))
        .map((packet) => ({ ...packet, interface: places.indexOf(packet.interface) })),
    })
  }

  /** Ends the recording; what was recorded stays. */
  stop(): void {
    for (const undo of this.#undo.splice(0)) undo()
  }
}
