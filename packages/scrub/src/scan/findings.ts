import type { Detector, SpanSink } from './types.ts'

interface Finding {
  start: number
  end: number
  detector: Detector
}

/** What one scan found, before overlaps are settled. */
export class Findings {
  #list: Finding[] = []

  get size(): number {
    return this.#list.length
  }

  add(start: number, end: number, detector: Detector): void {
    this.#list.push({ start, end, detector })
  }

  clear(): void {
    if (this.#list.length > 0) this.#list = []
  }

  /**
   * Sorted and disjoint. Findings that overlap become one that covers them all, so that no part of any stays visible;
   * it is named by the finding that contains the other, else by the one of higher priority, else by the longer.
   */
  report(sink: SpanSink, base: number, maxSpans: number): number {
    if (this.#list.length === 1) {
      const [{ start, end, detector }] = this.#list
      sink(base + start, base + end, detector)
      return 1
    }
    const list = this.#list.sort((a, b) => a.start - b.start || b.end - a.end)
    const settled: Finding[] = []
    for (const finding of list) {
      const last = settled.at(-1)
      if (last === undefined || finding.start >= last.end) {
        if (settled.length >= maxSpans && last !== undefined) last.end = finding.end
        else settled.push({ ...finding })
      } else join(last, finding)
    }
    for (const { start, end, detector } of settled) sink(base + start, base + end, detector)
    return settled.length
  }
}

function join(last: Finding, next: Finding): void {
  const isInside = next.end <= last.end
  const isSame = next.start === last.start && next.end === last.end
  if (isInside && !isSame) return
  const gain = (next.detector.priority ?? 0) - (last.detector.priority ?? 0)
  const isLonger = next.end - next.start > last.end - last.start
  if (gain > 0 || (gain === 0 && isLonger)) last.detector = next.detector
  last.end = Math.max(last.end, next.end)
}
