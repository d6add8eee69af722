/** `allow_responses`: who was asked may answer, so many times, for so long. */
import type { Permissions, PermissionsDescription } from '../core/permissions.ts'

/** Requests that may wait for an answer at the same time; beyond it the oldest are forgotten. */
const OPEN_REQUESTS = 4096

interface Due {
  left: number
  untilMs: number
}

/** The permissions of one connection, and what it was asked. */
export class ResponsePermissions implements Permissions {
  readonly #base: Permissions
  readonly #max: number
  readonly #expiresMs: number
  readonly #due = new Map<string, Due>()

  /**
   * @param max answers to one request; negative means any number
   * @param expiresMs time for them, milliseconds; 0 or less means no end
   */
  constructor(base: Permissions, max: number, expiresMs: number) {
    this.#base = base
    this.#max = max < 0 ? Number.POSITIVE_INFINITY : max
    this.#expiresMs = expiresMs <= 0 ? Number.POSITIVE_INFINITY : expiresMs
  }

  canPublish(subject: string): boolean {
    return this.#base.canPublish(subject)
  }

  canSubscribe(pattern: string, queue: string | undefined): boolean {
    return this.#base.canSubscribe(pattern, queue)
  }

  mustFilter(pattern: string): boolean {
    return this.#base.mustFilter(pattern)
  }

  canReceive(subject: string): boolean {
    return this.#base.canReceive(subject)
  }

  describe(): PermissionsDescription {
    const max = Number.isFinite(this.#max) ? this.#max : -1
    const expiresMs = Number.isFinite(this.#expiresMs) ? this.#expiresMs : 0
    return { ...this.#base.describe?.(), responses: { max, expiresMs } }
  }

  noteReply(reply: string, nowMs: number): void {
    // Set anew, so that the Map stays in the order of time.
    this.#due.delete(reply)
    if (this.#due.size >= OPEN_REQUESTS) this.#forget(nowMs)
    this.#due.set(reply, { left: this.#max, untilMs: nowMs + this.#expiresMs })
  }

  #forget(nowMs: number): void {
    for (const [reply, due] of this.#due) {
      if (due.untilMs > nowMs && this.#due.size < OPEN_REQUESTS) return
      this.#due.delete(reply)
    }
  }

  mayRespond(subject: string, nowMs: number): boolean {
    const due = this.#due.get(subject)
    if (due === undefined) return false
    if (due.untilMs <= nowMs || due.left <= 0) {
      this.#due.delete(subject)
      return false
    }
    if (--due.left <= 0) this.#due.delete(subject)
    return true
  }
}
