/**
 * Fan-out: consecutive messages for the same crowd of subscribers are encoded once, into one shared slab. When the run ends, each connection gets a
 * reference to it. Subscribers whose encoding differs by an identifier of equal length (the NATS sid) get a copy of the whole
 * run, in which the identifiers are replaced: one large copy instead of many small ones.
 */
import type { Connection } from './connection.ts'
import { copyBytes } from './copy.ts'
import type { Message } from './message.ts'
import type { Slab } from './slab.ts'
import type { Subscription } from './subscription.ts'
import type { Turn } from './turn.ts'

/** Shorter runs are copied: a reference costs an entry in the write vector. */
const REFERENCE_RUN_BYTES = 2048

/** A crowd of subscriptions with equal share keys, and the run that is being encoded for it. */
export class FanOut {
  readonly #turn: Turn
  readonly #members: Subscription[]
  readonly #leader: Subscription
  #slab: Slab | undefined = undefined
  #at = 0
  #messages = 0
  #messageBytes = 0
  #patches: Int32Array = new Int32Array(64)
  #open = false
  #origins: Connection[] = []

  constructor(turn: Turn, members: Subscription[]) {
    this.#turn = turn
    this.#members = members
    this.#leader = members[0]
  }

  get members(): readonly Subscription[] {
    return this.#members
  }

  get size(): number {
    return this.#members.length
  }

  /** Encodes one message for everybody. */
  deliver(message: Message): void {
    const turn = this.#turn
    if (!this.#open) this.#begin()
    const leader = this.#leader
    const need = leader.encodedBytes(message)
    let slab = this.#slab
    if (slab === undefined || this.#at + need > slab.buffer.length) {
      if (this.#messages > 0) {
        turn.closeFanOut()
        this.#begin()
      }
      slab = turn.pool.take(need)
      this.#slab = slab
      this.#at = 0
    }
    if (leader.patch !== undefined) this.#notePatch(this.#at + leader.patchAt(message))
    this.#at = leader.encode(message, slab.buffer, this.#at)
    this.#messages++
    this.#messageBytes += message.sizeBytes
    const origin = message.origin
    if (origin !== undefined && this.#origins[this.#origins.length - 1] !== origin) this.#origins.push(origin)
  }

  #begin(): void {
    this.#turn.closeFanOut()
    this.#open = true
    this.#turn.openedFanOut(this)
    for (const member of this.#members) {
      const outbound = member.connection?.outbound
      if (outbound !== undefined) outbound.inFanOut = true
    }
  }

  #notePatch(offset: number): void {
    if (this.#messages === this.#patches.length) {
      const larger = new Int32Array(this.#patches.length * 2)
      larger.set(this.#patches)
      this.#patches = larger
    }
    this.#patches[this.#messages] = offset
  }

  /** Ends the run: called by the turn only. */
  distribute(): void {
    this.#open = false
    for (const member of this.#members) {
      const outbound = member.connection?.outbound
      if (outbound !== undefined) outbound.inFanOut = false
    }
    const messages = this.#messages
    const slab = this.#slab
    if (messages === 0 || slab === undefined) return
    const start = 0
    const end = this.#at
    const messageBytes = this.#messageBytes
    this.#messages = 0
    this.#messageBytes = 0
    let view: Buffer | undefined
    const before = this.#turn.origins
    this.#turn.origins = this.#origins
    const leaderPatch = this.#leader.patch
    for (const member of this.#members) {
      if (member.closed || member.connection === undefined) continue
      const connection = member.connection
      member.delivered += messages
      connection.countOut(messages, messageBytes)
      const differs =
        leaderPatch !== undefined && member !== this.#leader && !leaderPatch.equals(member.patch as Buffer)
      if (differs) this.#appendPatched(member, slab.buffer, start, end, messages)
      else if (end - start < REFERENCE_RUN_BYTES) connection.outbound.append(slab.buffer, start, end)
      else {
        view ??= slab.buffer.subarray(start, end)
        connection.outbound.appendReference(view, slab)
      }
    }
    this.#turn.origins = before
    this.#origins = []
    // Whoever holds a reference keeps it; a crowd that falls silent holds nothing.
    this.#turn.pool.release(slab)
    this.#slab = undefined
  }

  #appendPatched(member: Subscription, source: Buffer, start: number, end: number, messages: number): void {
    const outbound = member.connection!.outbound
    const patch = member.patch as Buffer
    outbound.reserve(end - start)
    const base = outbound.at
    const target = outbound.buffer
    copyBytes(target, base, source, start, end)
    const offsets = this.#patches
    const size = patch.length
    for (let i = 0; i < messages; i++) {
      const at = base + offsets[i]
      for (let k = 0; k < size; k++) target[at + k] = patch[k]
    }
    outbound.commit(base + end - start)
  }
}
