// The one place here that touches files.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { Capture, CaptureInterface } from './capture.ts'
import { readCapture } from './read.ts'
import { PcapngWriter } from './write.ts'

/** Reads a pcap or pcapng file. Throws WireError (CAPTURE) when it is none, and what node:fs throws. */
export function readCaptureFile(path: string): Capture {
  return readCapture(readFileSync(path))
}

const FLUSH_BYTES = 1 << 18

/**
 * A pcapng file that grows while the program runs. Packets are buffered up to 256 KiB; what was flushed stays readable if the
 * program dies.
 */
export class CaptureFile {
  readonly #writer: PcapngWriter = new PcapngWriter()
  readonly #descriptor: number
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #interfaces = 0
  #open = true

  /** Creates the file, or empties it. Throws what node:fs throws. */
  constructor(path: string, application?: string) {
    this.#descriptor = openSync(path, 'w')
    this.#append(this.#writer.header(application))
  }

  /** Describes an interface and returns its index. */
  addInterface(entry: CaptureInterface): number {
    this.#append(this.#writer.interface(entry))
    return this.#interfaces++
  }

  /** Appends bytes[start..end), copying them. `timeMs` is since 1970-01-01 or since the start of the simulation. */
  write(
    interfaceIndex: number,
    timeMs: number,
    bytes: Uint8Array,
    start = 0,
    end: number = bytes.length,
    about: { direction?: 'in' | 'out'; comment?: string } = {},
  ): void {
    this.#append(this.#writer.packet(interfaceIndex, timeMs, bytes, start, end, about))
  }

  /** Hands everything to the operating system. */
  flush(): void {
    if (this.#pendingBytes === 0) return
    const whole = Buffer.concat(this.#pending, this.#pendingBytes)
    this.#pending = []
    this.#pendingBytes = 0
    for (let done = 0; done < whole.length; ) done += writeSync(this.#descriptor, whole, done)
  }

  /** Flushes and closes. A second call does nothing. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    try {
      this.flush()
    } finally {
      closeSync(this.#descriptor)
    }
  }

  #append(bytes: Uint8Array): void {
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#pendingBytes >= FLUSH_BYTES) this.flush()
  }
}
