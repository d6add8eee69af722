import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stringFor } from '../../corpus/from-pattern.ts'
import { Random } from '../../corpus/random.ts'
import { allDetectors, defaultDetectors } from '../detectors/mod.ts'
import { type PatternNode, parsePattern } from '../patterns/parse.ts'
import { compileScanner } from './scanner.ts'

/** A backtracking matcher that counts: V8 does the same steps and does not tell. */
class Counter {
  steps = 0
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  match(node: PatternNode, at: number, next: (at: number) => boolean): boolean {
    this.steps++
    switch (node.type) {
      case 'set':
        return this.#takes(node.ranges, at) && next(at + 1)
      case 'sequence':
        return this.#sequence(node.items, 0, at, next)
      case 'choice':
        return node.options.some((option) => this.match(option, at, next))
      case 'group':
        return this.match(node.item, at, next)
      case 'repeat':
        return node.item.type === 'set' ? this.#run(node, node.item.ranges, at, next) : this.#repeat(node, 0, at, next)
      case 'look': {
        const holds = node.ahead ? this.match(node.item, at, () => true) : this.#isBehind(node.item, at)
        return holds !== node.negative && next(at)
      }
      default:
        return next(at)
    }
  }

  #isBehind(item: PatternNode, at: number): boolean {
    if (item.type === 'choice') return item.options.some((option) => this.#isBehind(option, at))
    const from = at - width(item)
    return from >= 0 && this.match(item, from, (end) => end === at)
  }

  #takes(ranges: readonly number[], at: number): boolean {
    const code = this.text.charCodeAt(at)
    for (let i = 0; i < ranges.length; i += 2) if (code >= ranges[i] && code <= ranges[i + 1]) return true
    return false
  }

  #sequence(items: readonly PatternNode[], index: number, at: number, next: (at: number) => boolean): boolean {
    if (index === items.length) return next(at)
    return this.match(items[index], at, (after) => this.#sequence(items, index + 1, after, next))
  }

  #run(
    node: PatternNode & { type: 'repeat' },
    ranges: readonly number[],
    at: number,
    next: (at: number) => boolean,
  ): boolean {
    let count = 0
    while (count < node.max && this.#takes(ranges, at + count)) {
      count++
      this.steps++
    }
    for (; count >= node.min; count--) if (next(at + count)) return true
    return false
  }

  #repeat(node: PatternNode & { type: 'repeat' }, count: number, at: number, next: (at: number) => boolean): boolean {
    if (count < node.max) {
      const more = this.match(node.item, at, (after) => after > at && this.#repeat(node, count + 1, after, next))
      if (more) return true
    }
    return count >= node.min && next(at)
  }
}

/** How many characters a node takes that stands in a lookbehind. */
function width(node: PatternNode): number {
  if (node.type === 'set') return 1
  if (node.type === 'sequence') return node.items.reduce((sum, item) => sum + width(item), 0)
  assert.equal(node.type, 'look')
  return 0
}

function steps(node: PatternNode, text: string): number {
  const counter = new Counter(text)
  for (let at = 0; at < text.length; ) {
    let end = -1
    counter.match(node, at, (after) => {
      end = after
      return true
    })
    at = Math.max(at + 1, end)
  }
  return counter.steps
}

/** Inputs that almost match, again and again: what makes a backtracking matcher slow. */
function evilUnits(pattern: RegExp, random: Random): string[] {
  const whole = stringFor(pattern, random)
  const units = [whole.slice(0, -1), whole.slice(0, Math.ceil(whole.length / 2)), whole.slice(0, 4), whole.slice(-3)]
  return [
    ...units,
    ...['a', '1', '-', '.', ' ', '=', ':', 'A1', 'a@', 'eyJ.', '1 ', '1-', '"'].map((unit) => unit),
  ].filter((unit) => unit.length > 0)
}

function repeated(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length)
}

/** More steps than this for each byte would be felt. */
const STEPS_PER_BYTE = 2500

describe('the steps of a pattern grow no faster than the text', () => {
  const random = new Random(7)
  for (const detector of allDetectors) {
    for (const pattern of [detector.pattern, detector.context?.pattern]) {
      if (!(pattern instanceof RegExp)) continue
      it(`${detector.name} ${pattern === detector.pattern ? '' : '(with a word)'}`, () => {
        const { node } = parsePattern(pattern.source, { flags: pattern.flags })
        for (const unit of evilUnits(pattern, random)) {
          const small = steps(node, repeated(unit, 1500))
          const large = steps(node, repeated(unit, 3000))
          assert.ok(large / 3000 <= STEPS_PER_BYTE, `${large / 3000} steps per byte for ${JSON.stringify(unit)}`)
          // Bounded repetitions of some hundred saturate only behind them: allow for what is not yet saturated.
          assert.ok(large <= small * 2.9, `${small} steps for 1500 bytes, ${large} for 3000 of ${JSON.stringify(unit)}`)
        }
      })
    }
  }
})

describe('the scan of a mebibyte of evil', () => {
  const scanner = compileScanner(defaultDetectors)
  const units = [
    'a@',
    'a.a@a.',
    '://a:b@',
    'eyJ',
    'eyJhbGciOiJI.',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    'password=',
    'password',
    'phone 1',
    'phone',
    'card 4',
    '4111 1111 ',
    '41111111111111111',
    '1-1-1-1-',
    '+49 ',
    '+4',
    'DE89 3704 ',
    'DE',
    '1.1.1.1.',
    '1::',
    'a:',
    'aa:aa:aa:aa:',
    'adobe',
    'adobe = ',
    'twitter_key="a',
    'bearer ',
    'basic ',
    'tokentoken',
    'sk-',
    '0xa',
    '13',
    'xoxb-1',
    'AKIA',
    'ghp_a',
    'national id ',
    'id number 1',
    'steuer 1 ',
    '\u00c3',
    '"',
    '\\',
    ' ',
    '\0',
  ]
  for (const unit of units) {
    it(`tries patterns at a bounded number of places: ${JSON.stringify(unit)}`, () => {
      const bytes = Buffer.from(repeated(unit, 1 << 16), 'latin1')
      const before = scanner.attempts
      scanner.scan(bytes, 0, bytes.length, () => {})
      const attempts = scanner.attempts - before
      assert.ok(attempts <= 40 * bytes.length, `${attempts / bytes.length} attempts per byte`)
    })
  }
})
