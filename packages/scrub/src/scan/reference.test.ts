import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { CLEAN } from '../../corpus/clean.ts'
import { Random } from '../../corpus/random.ts'
import { fill, NAMED, PLAIN } from '../../corpus/templates.ts'
import { valueFor } from '../../corpus/values.ts'
import { allDetectors, defaultDetectors } from '../detectors/mod.ts'
import { compileScanner } from './scanner.ts'
import type { Detector } from './types.ts'

const RUNS = process.env.WIREHUB_TEST_LONG === undefined ? 60 : 2000
const seed = Number(process.env.WIREHUB_TEST_SEED ?? 20_261_121)

type Span = readonly [start: number, end: number]

/** What a pattern finds when it is simply run over the text, place by place, with its validator. */
function reference(detector: Detector, text: string): Span[] {
  const pattern = detector.pattern as RegExp
  const sticky = new RegExp(pattern.source, `${pattern.flags}yd`)
  const out: Span[] = []
  for (let at = 0; at < text.length; at++) {
    sticky.lastIndex = at
    const match = sticky.exec(text)
    if (match === null) continue
    const groups = detector.group === 0 ? [] : (match.indices?.slice(1).filter((span) => span !== undefined) ?? [])
    const [start, end] = groups[0] ?? [match.index, match.index + match[0].length]
    const context = { text, start, end, fieldName: '', hasContext: false }
    if (end === start || detector.validate?.(text.slice(start, end), context) === false) continue
    out.push([start, end])
    at = Math.max(at, end - 1)
  }
  return out
}

function spans(detectors: readonly Detector[], bytes: Buffer, from: number = 0, to: number = bytes.length): Span[] {
  const out: Span[] = []
  compileScanner(detectors).scan(bytes, from, to, (start, end) => out.push([start, end]))
  return out
}

function sampleText(detector: Detector, random: Random): string {
  const makers = Object.values(CLEAN)
  const value = valueFor(detector, random)
  const { text } = fill(random.pick(PLAIN), value, '', random)
  return `${random.pick(makers)(random)}\n${text} ${random.pick(makers)(random)}`
}

describe('the scan of a single pattern', () => {
  const random = new Random(seed)
  for (const detector of allDetectors) {
    if (!(detector.pattern instanceof RegExp) || detector.everywhere === true) continue
    const strong: Detector = { ...detector, context: undefined }
    it(`${detector.name} equals the pattern run at every place`, () => {
      for (let i = 0; i < 4; i++) {
        const bytes = Buffer.from(sampleText(detector, random), 'utf8')
        assert.deepEqual(spans([strong], bytes), reference(strong, bytes.toString('latin1')), `seed ${seed}: ${bytes}`)
      }
    })
  }
})

describe('the scan with all default detectors', () => {
  const scanner = compileScanner(defaultDetectors)
  const random = new Random(seed)
  const documents = fc.integer({ min: 0, max: 1e9 }).map((own) => {
    const local = new Random(own)
    const detector = local.pick(defaultDetectors)
    const word = detector.context === undefined ? '' : local.pick(detector.context.words)
    const template = word !== '' && local.next() < 0.5 ? local.pick(NAMED) : local.pick(PLAIN)
    return fill(template, valueFor(detector, local), word, local).text
  })

  it('is sorted, disjoint and within bounds, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          documents.map((text) => Buffer.from(text)),
          fc.uint8Array({ maxLength: 400 }).map((raw) => Buffer.from(raw)),
        ),
        fc.nat(20),
        (bytes, cut) => {
          const from = Math.min(cut, bytes.length)
          let last = from
          const count = scanner.scan(bytes, from, bytes.length, (start, end) => {
            assert.ok(start >= last && end > start && end <= bytes.length)
            last = end
          })
          if (count > 0) assert.ok(scanner.mayMatch(bytes, from, bytes.length))
        },
      ),
      { numRuns: RUNS, seed },
    )
  })

  it('does not depend on what stands around the range', () => {
    fc.assert(
      fc.property(documents, fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (text, before, after) => {
        const inner = Buffer.from(text)
        const head = Buffer.from(before)
        const padded = Buffer.concat([head, inner, Buffer.from(after)])
        const alone: Span[] = []
        const within: Span[] = []
        scanner.scan(inner, 0, inner.length, (start, end) => alone.push([start, end]))
        scanner.scan(padded, head.length, head.length + inner.length, (start, end) =>
          within.push([start - head.length, end - head.length]),
        )
        assert.deepEqual(within, alone)
      }),
      { numRuns: RUNS, seed },
    )
  })

  it('finds the same behind padding of blanks and lines', () => {
    fc.assert(
      fc.property(documents, fc.constantFrom(' ', '\n', '\t', '\r\n', ' \n '), fc.nat(3000), (text, blank, count) => {
        const pad = Buffer.from(blank.repeat(count % 300))
        const inner = Buffer.from(text)
        const alone = spansOf(inner)
        const padded = spansOf(Buffer.concat([pad, inner]))
        assert.deepEqual(
          padded.map(([start, end]) => [start - pad.length, end - pad.length]),
          alone,
        )
      }),
      { numRuns: Math.ceil(RUNS / 10), seed },
    )
  })

  it('never throws, on text made of its own triggers', () => {
    const pieces = defaultDetectors
      .flatMap((detector) => detector.context?.words ?? [])
      .concat('@', '://', '-----BEGIN ', 'eyJ', '4111', '+49', ' ', ':', '=', '"', '\\u0040', '\u{1f389}')
    for (let i = 0; i < RUNS; i++) {
      const text = Array.from({ length: 60 }, () => random.pick(pieces) + random.digits(random.int(0, 5))).join('')
      scanner.scanText(text, () => {})
    }
  })

  function spansOf(bytes: Buffer): Span[] {
    const out: Span[] = []
    scanner.scan(bytes, 0, bytes.length, (start, end) => out.push([start, end]))
    return out
  }
})
