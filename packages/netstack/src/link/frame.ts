/**
 * A frame is one packet on its way through the stack, in a reusable piece of memory. Layers prepend their header in place on the
 * way down (`start` moves down) and step over it on the way up (`start` moves up), so that no layer copies what another wrote.
 *
 * Ownership: whoever is handed a frame by a call that says it "takes" it must release it or hand it on; whoever is merely shown one
 * (for instance `TcpLayer.receive`) must not keep it after returning, unless it retains it. Who retains a frame reads its bytes and
 * may use `start`, `end`, `next` and `position`; the owner that showed it does nothing more than release it.
 */

/** The transport checksum has been neither computed nor verified by anybody who could say so. */
export const CHECKSUM_NONE = 0
/** The transport checksum field holds the folded pseudo-header sum only (not complemented); whoever puts the frame on a wire completes it. */
export const CHECKSUM_PARTIAL = 1
/** The transport checksum is known to be right: computed by the sender inside this process and not since exposed, or verified by the device. */
export const CHECKSUM_VALID = 2
/** One of {@link CHECKSUM_NONE}, {@link CHECKSUM_PARTIAL}, {@link CHECKSUM_VALID}. */
export type ChecksumState = 0 | 1 | 2

/**
 * Room in front of a transport header, in bytes: vnet header 12, Ethernet 14 (+ VLAN 4), IPv6 40, an extension or options, rounded so that
 * a transport header placed at this offset is aligned to 4 bytes, and so are the IPv4 (20) and IPv6 (40) headers before it.
 */
export const FRAME_HEADROOM_BYTES = 128

const NOTHING: readonly Uint8Array[] = []
const NO_MEMORY = new Uint8Array(0)

/** Room behind the payload that every slot has: an FCS of 4 bytes, and padding to the Ethernet minimum. */
const FRAME_TAILROOM_BYTES = 64

/** One pooled packet: see the head of this file. */
export class Frame {
  /** The slot's memory, from 0; begins at a multiple of 8 bytes in its ArrayBuffer. */
  bytes: Uint8Array<ArrayBuffer>
  /** Offset of the first byte of the packet as the layer that holds it now sees it. */
  start = 0
  /** Offset behind the last byte of the packet. */
  end = 0
  /** What is known about the transport checksum. */
  checksum: ChecksumState = CHECKSUM_NONE
  /** With CHECKSUM_PARTIAL: offset in `bytes` where the sum begins (the transport header). */
  checksumStart = 0
  /** With CHECKSUM_PARTIAL: distance from `checksumStart` to the 16-bit checksum field. */
  checksumOffset = 0
  /** Payload bytes of each segment when this is a super-segment to be cut at the edge (GSO); 0 for an ordinary packet. */
  gsoSize = 0
  /** Bytes of the transport header in front of the payload of a super-segment; 0 otherwise. */
  gsoHeaderBytes = 0
  /**
   * Payload that follows `end` and lies elsewhere, in order: for a link that gathers ({@link LinkOffload.gathers}), which is done with
   * it when `transmit` returns. Empty otherwise.
   */
  tail: readonly Uint8Array[] = NOTHING
  /** Bytes in `tail`. */
  tailBytes = 0
  /** ECN codepoint that the IP header shall carry, or carried: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE (RFC 3168 5). */
  ecn = 0
  /** Another frame of the same batch follows at once: answers may wait for the last one. */
  isFollowed = false
  /** Free for the link layer that holds the frame: the time at which it is due on a simulated wire. Milliseconds. */
  dueMs = 0
  /** Free for the holder's queue: intrusive link, so that queueing a frame allocates nothing. */
  next: Frame | undefined = undefined
  /** Free for the holder: where its first byte belongs in a stream. int32. */
  position = 0

  readonly #pool: FramePool
  /** Owners; 0 when the frame is free. */
  #owners = 0
  #isSurrendered = false

  /** Made by {@link FramePool} only. */
  constructor(pool: FramePool, bytes: Uint8Array<ArrayBuffer>) {
    this.#pool = pool
    this.bytes = bytes
  }

  /** Bytes of the packet as the present layer sees it, those in `tail` included. */
  get length(): number {
    return this.end - this.start + this.tailBytes
  }

  /** One owner more: each must release the frame. */
  retain(): void {
    if (this.#owners === 0) throw new Error('Frame retained after its release')
    this.#owners++
  }

  /** Gives the frame back to its pool when no other owner is left. Throws when it was released already: a bug worth hearing of at once. */
  release(): void {
    if (this.#owners === 0) throw new Error('Frame released twice')
    if (--this.#owners > 0) return
    if (this.#isSurrendered) {
      this.#isSurrendered = false
      this.bytes = NO_MEMORY
    }
    this.#pool.put(this)
  }

  /** As `release`, but the memory is no longer the pool's: whoever has a view of it keeps it for good. */
  surrender(): void {
    this.#isSurrendered = true
    this.release()
  }

  /** Used by the pool: makes a frame ready for its next owner, empty at `headroom`. */
  reset(headroom: number): void {
    this.#owners = 1
    this.start = headroom
    this.end = headroom
    this.checksum = CHECKSUM_NONE
    this.checksumStart = 0
    this.checksumOffset = 0
    this.gsoSize = 0
    this.gsoHeaderBytes = 0
    this.tail = NOTHING
    this.tailBytes = 0
    this.ecn = 0
    this.isFollowed = false
    this.next = undefined
  }
}

/** What a {@link FramePool} may be told. */
export interface FramePoolOptions {
  /** Largest number of free frames kept for reuse in each size class; more are left to the garbage collector. Default 4,096 (small), 128 (large). */
  maxFreeSmall?: number
  maxFreeLarge?: number
  /** Memory of `bytes` bytes for a large frame, from offset 0 of its ArrayBuffer; it need not be zero. Default: `new Uint8Array(bytes)`. */
  memory?: (bytes: number) => Uint8Array<ArrayBuffer>
}

const SMALL_SLOT_BYTES = 2048
const SMALL_SLOTS_PER_SLAB = 32
const LARGE_SLOT_BYTES = FRAME_HEADROOM_BYTES + 65_536 + FRAME_TAILROOM_BYTES

/**
 * Frames for reuse in two sizes: 2 KiB (an Ethernet frame with headroom) cut from slabs of 64 KiB, and 64 KiB (super-segments, loopback).
 * One pool serves all stacks of a process or a simulation, so that a frame travels between them without a copy.
 */
export class FramePool {
  readonly #small: Frame[] = []
  readonly #large: Frame[] = []
  /** Frames whose memory somebody has kept. */
  readonly #bare: Frame[] = []
  readonly #maxFreeSmall: number
  readonly #maxFreeLarge: number
  readonly #memory: (bytes: number) => Uint8Array<ArrayBuffer>
  /** Frames handed out and not yet released. */
  outstanding = 0

  constructor(options: FramePoolOptions = {}) {
    this.#maxFreeSmall = options.maxFreeSmall ?? 4096
    this.#maxFreeLarge = options.maxFreeLarge ?? 128
    this.#memory = options.memory ?? ((bytes) => new Uint8Array(bytes))
  }

  /**
   * A frame, empty (`start === end === headroom`), that can take `bodyBytes` behind `headroom`.
   * The caller owns it. @throws RangeError when no packet can be that large.
   */
  allocate(bodyBytes: number, headroom: number = FRAME_HEADROOM_BYTES): Frame {
    const needed = headroom + bodyBytes + FRAME_TAILROOM_BYTES
    let frame: Frame | undefined
    if (needed <= SMALL_SLOT_BYTES) {
      frame = this.#small.pop()
      if (frame === undefined) frame = this.#growSmall()
    } else {
      if (needed > LARGE_SLOT_BYTES) throw new RangeError(`a frame holds at most 65536 bytes of body, not ${bodyBytes}`)
      frame = this.#large.pop() ?? this.#withMemory()
    }
    frame.reset(headroom)
    this.outstanding++
    return frame
  }

  /** A frame of a copy of `bytes`, with the usual headroom. The caller owns it. @throws RangeError when no packet can be that large. */
  frameOf(bytes: Uint8Array): Frame {
    const frame = this.allocate(bytes.length)
    frame.bytes.set(bytes, frame.start)
    frame.end = frame.start + bytes.length
    return frame
  }

  /** Called by {@link Frame.release}. */
  put(frame: Frame): void {
    this.outstanding--
    const { byteLength } = frame.bytes
    if (byteLength === SMALL_SLOT_BYTES) {
      if (this.#small.length < this.#maxFreeSmall) this.#small.push(frame)
      return
    }
    const list = byteLength === 0 ? this.#bare : this.#large
    if (list.length < this.#maxFreeLarge) list.push(frame)
  }

  #withMemory(): Frame {
    const memory = this.#memory(LARGE_SLOT_BYTES)
    const frame = this.#bare.pop()
    if (frame === undefined) return new Frame(this, memory)
    frame.bytes = memory
    return frame
  }

  #growSmall(): Frame {
    const slab = new ArrayBuffer(SMALL_SLOT_BYTES * SMALL_SLOTS_PER_SLAB)
    for (let index = SMALL_SLOTS_PER_SLAB - 1; index > 0; index--) {
      this.#small.push(new Frame(this, new Uint8Array(slab, index * SMALL_SLOT_BYTES, SMALL_SLOT_BYTES)))
    }
    return new Frame(this, new Uint8Array(slab, 0, SMALL_SLOT_BYTES))
  }
}
