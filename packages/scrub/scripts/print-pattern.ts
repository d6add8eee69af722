import type { PatternNode } from '../src/patterns/parse.ts'
import type { Ranges } from '../src/patterns/ranges.ts'

/** Writes a parsed expression as ECMA-262 source without flags: case and dot modes are spelt out in its sets. */
export function printPattern(node: PatternNode): string {
  switch (node.type) {
    case 'set':
      return printSet(node.ranges)
    case 'sequence':
      return node.items
        .map((item) => (item.type === 'choice' ? `(?:${printPattern(item)})` : printPattern(item)))
        .join('')
    case 'choice':
      return node.options.map(printPattern).join('|')
    case 'group':
      return `(${printPattern(node.item)})`
    case 'repeat':
      return `${atom(node.item)}${printBounds(node.min, node.max)}${node.greedy ? '' : '?'}`
    case 'assertion':
      return {
        start: '^',
        end: '$',
        word: '\\b',
        'not-word': '\\B',
        'line-start': '(?<![^\\n])',
        'line-end': '(?![^\\n])',
      }[node.kind]
    case 'look':
      return `(?${node.ahead ? '' : '<'}${node.negative ? '!' : '='}${printPattern(node.item)})`
    case 'backreference':
      throw new Error('a backreference cannot be printed')
  }
}

function atom(node: PatternNode): string {
  const isSimple = node.type === 'set' || node.type === 'group'
  return isSimple ? printPattern(node) : `(?:${printPattern(node)})`
}

function printBounds(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
  if (min === 0 && max === 1) return '?'
  return min === max ? `{${min}}` : `{${min},${max}}`
}

const SHORT: Readonly<Record<string, string>> = {
  '48,57': '\\d',
  '48,57,65,90,95,95,97,122': '\\w',
  '9,13,32,32,160,160': '\\s',
}

function printSet(ranges: Ranges): string {
  const short = SHORT[ranges.join()]
  if (short !== undefined) return short
  if (ranges.length === 2 && ranges[0] === ranges[1]) return printPoint(ranges[0], /[\\^$.*+?()[\]{}|/]/)
  if (ranges.length === 2 && ranges[0] === 0) return '[^]'
  const inside: string[] = []
  for (let i = 0; i < ranges.length; i += 2) {
    const [lo, hi] = [ranges[i], ranges[i + 1]]
    inside.push(printPoint(lo, /[\\\]^[-]/))
    if (hi > lo + 1) inside.push('-')
    if (hi > lo) inside.push(printPoint(hi, /[\\\]^[-]/))
  }
  return `[${inside.join('')}]`
}

function printPoint(point: number, escaped: RegExp): string {
  if (point < 0x20 || point > 0x7e) return `\\x${point.toString(16).padStart(2, '0')}`
  const char = String.fromCharCode(point)
  return escaped.test(char) ? `\\${char}` : char
}
