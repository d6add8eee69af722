/** Large payloads that stay in the frames they came in, so that they are copied once on their way to the reader, or not at all. */
import type { Frame } from '../../link/frame.ts'

/** Frames whose `start..end` is payload in order; the first is read first. */
export class KeptFrames {
  first: Frame | undefined
  #last: Frame | undefined

  /** Retains the frame, with `start..end` of it to be read. @param position where it stands among bytes that are kept elsewhere */
  push(frame: Frame, start: number, end: number, position: number): void {
    frame.retain()
    frame.start = start
    frame.end = end
    frame.position = position
    frame.next = undefined
    if (this.#last === undefined) this.first = frame
    else this.#last.next = frame
    this.#last = frame
  }

  /** Frees at most `count` bytes of the first frame, which there must be. Returns the number. */
  consume(count: number): number {
    const frame = this.first!
    const length = frame.end - frame.start
    if (count < length) {
      frame.start += count
      return count
    }
    this.#shift()
    frame.release()
    return length
  }

  /** The payload of the first frame together with the memory it lies in, which is the caller's for good. There must be one. */
  take(): Uint8Array<ArrayBuffer> {
    const frame = this.first!
    const payload = frame.bytes.subarray(frame.start, frame.end)
    this.#shift()
    frame.surrender()
    return payload
  }

  #shift(): void {
    this.first = this.first!.next
    if (this.first === undefined) this.#last = undefined
  }

  clear(): void {
    while (this.first !== undefined) this.consume(this.first.end - this.first.start)
  }
}
