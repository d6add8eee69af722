import { closeSync } from 'node:fs'
import { ETHERNET_HEADER_BYTES } from '../../wire/ethernet.ts'
import { FRAME_HEADROOM_BYTES, type Frame, FramePool } from '../frame.ts'
import type { FrameReceiver, Link, LinkOffload, Medium } from '../link.ts'
import { splitSuperSegment } from '../segmentation.ts'
import { openDevice, type TunDevice, type TunOptions } from './device.ts'
import { TunError } from './errors.ts'
import { Readiness } from './readiness.ts'
import { type SystemCalls, systemCalls } from './system-calls.ts'
import { readVnetHeader, VNET_HEADER_BYTES, writeVnetHeader } from './vnet-header.ts'

/** Packets read at one turn of the event loop, so that others have theirs. */
const BATCH_PACKETS = 64
/** Packets of a batch whose answers (ACKs) leave together, so that the sender is not kept waiting until a long batch has ended. */
const ANSWERED_PACKETS = 4
/** Payload of a super-segment in one piece: with every header it stays below 65,535 bytes. */
const GSO_BYTES = 65_000
const LARGEST_PACKET_BYTES = 65_535 + ETHERNET_HEADER_BYTES + 4
/** A packet up to this size moves into a small frame, so that one that has to wait somewhere does not hold 64 KiB. */
const SMALL_PACKET_BYTES = 1600
/** Pieces that a packet may lie in: its head, and what lies across the blocks of a send buffer. */
const MAX_PARTS = 40
/** `struct iovec` is two numbers of the width of an address. */
const HAS_64_BIT_ADDRESSES = !['arm', 'ia32', 'mips', 'mipsel'].includes(process.arch)
const EAGAIN = 11
const EBADFD = 77

/** What passed a device. */
export interface TunCounters {
  packetsIn: number
  packetsOut: number
  /** Super-segments among them. */
  superSegmentsIn: number
  superSegmentsOut: number
  /** Super-segments for which the kernel had no room in one piece. They went in several. */
  superSegmentsSplit: number
  /** Packets that the kernel would not take: its end was down, or its queue full. */
  outErrors: number
  inErrors: number
}

/** The stack's end of a TUN or TAP device: the Linux kernel is at the other. */
export class TunLink implements Link {
  readonly medium: Medium
  readonly mtu: number
  readonly offload: LinkOffload
  readonly device: TunDevice
  receiver: FrameReceiver | null = null
  /** Called after each batch of packets: timers may have changed. */
  onBatch: (() => void) | null = null
  /** The device has gone away (`ip link delete`). Without it the error is thrown. */
  onError: ((error: TunError) => void) | null = null
  readonly counters: TunCounters = {
    packetsIn: 0,
    packetsOut: 0,
    superSegmentsIn: 0,
    superSegmentsOut: 0,
    superSegmentsSplit: 0,
    outErrors: 0,
    inErrors: 0,
  }
  readonly #pool: FramePool
  readonly #calls: SystemCalls
  readonly #readiness: Readiness
  readonly #linkBytes: number
  /** What the loop reads into. */
  readonly #landing: Uint8Array<ArrayBuffer> = new Uint8Array(LARGEST_PACKET_BYTES + VNET_HEADER_BYTES)
  /** Addresses and lengths for `writev`. */
  readonly #parts: BigUint64Array<ArrayBuffer> = new BigUint64Array(2 * MAX_PARTS)
  #open = true

  /**
   * @param pool the stack's, so that frames go through without a copy
   * @param calls the system's
   */
  constructor(device: TunDevice, pool: FramePool = new FramePool(), calls: SystemCalls = systemCalls()) {
    this.device = device
    this.medium = device.mode === 'tun' ? 'ip' : 'ethernet'
    this.mtu = device.mtu
    const { gsoBytes } = device
    this.offload = {
      checksum: device.offload,
      gsoBytes: Math.min(gsoBytes, GSO_BYTES),
      // Over Ethernet a frame may have to wait for the neighbour's address, and what lies elsewhere does not wait.
      gathers: device.offload && device.mode === 'tun' && HAS_64_BIT_ADDRESSES,
      bigTcpBytes: gsoBytes > GSO_BYTES ? gsoBytes : 0,
    }
    this.#linkBytes = device.mode === 'tun' ? 0 : ETHERNET_HEADER_BYTES
    this.#pool = pool
    this.#calls = calls
    this.#readiness = new Readiness(
      device.fd,
      this.#landing,
      (length) => this.#onReadable(length),
      (error) => this.#fail(`Reading ${device.name} failed (${error.code}).`, -(error.errno ?? 0)),
    )
  }

  get isOpen(): boolean {
    return this.#open
  }

  transmit(frame: Frame, now: number): void {
    const counters = this.counters
    if (!this.#open) {
      counters.outErrors++
      frame.release()
      return
    }
    writeVnetHeader(frame, this.#linkBytes)
    if (this.#write(frame.bytes.subarray(frame.start - VNET_HEADER_BYTES, frame.end), frame.tail, frame.tailBytes)) {
      counters.packetsOut++
      if (frame.gsoSize > 0) counters.superSegmentsOut++
    } else if (frame.tailBytes > GSO_BYTES) {
      this.#transmitInPieces(frame, now)
    } else {
      counters.outErrors++
    }
    frame.release()
  }

  /** The kernel wants much memory for a large packet, in a few pieces: where its memory is in crumbs, there are none. */
  #transmitInPieces(frame: Frame, now: number): void {
    this.counters.superSegmentsSplit++
    for (const piece of splitSuperSegment(frame, this.#pool, GSO_BYTES)) this.transmit(piece, now)
  }

  /** Whether the kernel has taken all of it. */
  #write(head: Uint8Array, tail: readonly Uint8Array[], tailBytes: number): boolean {
    const { fd } = this.device
    if (tailBytes === 0) return this.#calls.write(fd, head, head.length) === head.length
    if (tail.length >= MAX_PARTS) throw new RangeError(`a packet lies in ${MAX_PARTS} pieces at most`)
    const parts = this.#parts
    parts[0] = this.#calls.address(head)
    parts[1] = BigInt(head.length)
    let at = 2
    for (const part of tail) {
      parts[at++] = this.#calls.address(part)
      parts[at++] = BigInt(part.length)
    }
    return this.#calls.writev(fd, parts, at >> 1) === head.length + tailBytes
  }

  /** The loop has read one packet; what else is there is read now. Each is handed up when it is known whether another follows. */
  #onReadable(length: number): void {
    if (!this.#open) return
    let frame = this.#copied(this.#landing, length)
    for (let count = 1; count < BATCH_PACKETS && this.#open; count++) {
      const next = this.#read()
      if (next === undefined) break
      frame.isFollowed = count % ANSWERED_PACKETS !== 0
      this.#handUp(frame)
      frame = next
    }
    this.#handUp(frame)
    this.onBatch?.()
  }

  /** The next packet, or undefined when there is none now. */
  #read(): Frame | undefined {
    const frame = this.#pool.allocate(LARGEST_PACKET_BYTES - ETHERNET_HEADER_BYTES - 4, FRAME_HEADROOM_BYTES)
    const from = FRAME_HEADROOM_BYTES - VNET_HEADER_BYTES
    const read = this.#calls.read(this.device.fd, frame.bytes.subarray(from), frame.bytes.length - from)
    if (read > SMALL_PACKET_BYTES) {
      frame.end = from + read
      readVnetHeader(frame.bytes, from, frame)
      return frame
    }
    const small = read <= VNET_HEADER_BYTES ? undefined : this.#copied(frame.bytes.subarray(from), read)
    frame.release()
    if (read < 0) this.#readFailed(this.#calls.errno())
    return small
  }

  /** A packet that was read with its vnet header to the beginning of `bytes`, in a frame of its size. */
  #copied(bytes: Uint8Array, length: number): Frame {
    const packetBytes = Math.max(0, length - VNET_HEADER_BYTES)
    const frame = this.#pool.allocate(packetBytes, FRAME_HEADROOM_BYTES)
    frame.bytes.set(bytes.subarray(VNET_HEADER_BYTES, length), frame.start)
    frame.end = frame.start + packetBytes
    readVnetHeader(bytes, 0, frame)
    return frame
  }

  #handUp(frame: Frame): void {
    this.counters.packetsIn++
    if (frame.gsoSize > 0) this.counters.superSegmentsIn++
    if (this.receiver === null || !this.#open) frame.release()
    else this.receiver(frame, performance.now())
  }

  #readFailed(errno: number): void {
    if (errno === EAGAIN) return
    this.counters.inErrors++
    if (errno === EBADFD) this.#fail(`${this.device.name} has been deleted.`, errno)
  }

  #fail(sentence: string, errno: number): void {
    if (!this.#open) return
    const error = new TunError('ERR_TUN_GONE', sentence, 'Open it again.', errno)
    void this.close()
    if (this.onError === null) throw error
    this.onError(error)
  }

  /** An open link keeps the process alive, as a server does. */
  ref(): void {
    this.#readiness.ref()
  }

  unref(): void {
    this.#readiness.unref()
  }

  /** Lets go of the device, which then disappears. */
  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    closeSync(this.device.fd)
    await this.#readiness.close()
  }
}

/** Opens a device and makes a link of it. @throws {TunError} */
export function openTun(options: TunOptions = {}, pool?: FramePool): TunLink {
  const device = openDevice(options)
  try {
    return new TunLink(device, pool)
  } catch (error) {
    closeSync(device.fd)
    throw error
  }
}
