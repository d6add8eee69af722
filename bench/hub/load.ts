/** Pre-encoded load: what publishers send, and what each subscriber must then receive, byte for byte. */

export interface LoadSpec {
  readonly publishers: number
  readonly subscribers: number
  /** What every subscriber subscribes to. */
  readonly interest: string
  /** Whether each subscriber uses a sid of its own (as unrelated programs do) or all the same. */
  readonly distinctSids: boolean
  /** Messages in the pattern that a publisher repeats. */
  readonly pattern: (publisher: number) => readonly { readonly subject: string; readonly size: number }[]
}

/** One repetition of a publisher's pattern. */
export interface Batch {
  readonly messages: number
  readonly publish: Buffer
  /** Bytes that the batch becomes for each subscriber. */
  readonly deliverBytes: number
  /** Those bytes for the first subscriber. */
  readonly deliver: Buffer
}

const targetBatchBytes = 256 * 1024

export function sidOf(spec: LoadSpec, subscriber: number): string {
  return String(100 + (spec.distinctSids ? subscriber : 0)) // of equal length, so that all subscribers get equally many bytes
}

export function encodeBatches(spec: LoadSpec): Batch[] {
  return Array.from({ length: spec.publishers }, (_, publisher) => {
    const pattern = spec.pattern(publisher)
    const bytes = pattern.reduce((sum, { subject, size }) => sum + subject.length + size + 16, 0)
    const repeat = Math.max(1, Math.floor(targetBatchBytes / bytes))
    const publish: Buffer[] = []
    const deliver: Buffer[] = []
    for (const { subject, size } of Array.from({ length: repeat }, () => pattern).flat()) {
      const payload = Buffer.concat([payloadOf(size), Buffer.from('\r\n')])
      publish.push(Buffer.from(`PUB ${subject} ${size}\r\n`), payload)
      deliver.push(Buffer.from(`MSG ${subject} ${sidOf(spec, 0)} ${size}\r\n`), payload)
    }
    const delivered = Buffer.concat(deliver)
    return {
      messages: pattern.length * repeat,
      publish: Buffer.concat(publish),
      deliver: delivered,
      deliverBytes: delivered.length,
    }
  })
}

/** A payload that looks like text and does not repeat within itself in a way that a compressor or a branch predictor would like. */
export function payloadOf(size: number): Buffer {
  const random = seeded(size + 1)
  const payload = Buffer.allocUnsafe(size)
  for (let at = 0; at < size; at += 1) payload[at] = 97 + Math.floor(random() * 26)
  return payload
}

/** mulberry32: the same sequence in every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Sizes between two bounds, each power of two as likely as the other. */
export function mixedSizes(count: number, smallest: number, largest: number): number[] {
  const random = seeded(7)
  return Array.from({ length: count }, () => Math.round(smallest * (largest / smallest) ** random()))
}
