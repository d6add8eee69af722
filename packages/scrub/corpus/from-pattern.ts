import { type PatternNode, parsePattern } from '../src/patterns/parse.ts'
import type { Ranges } from '../src/patterns/ranges.ts'
import type { Random } from './random.ts'

/** A string that an expression describes, chosen at random: printable ASCII, repetitions near their least count. */
export function stringFor(pattern: RegExp, random: Random): string {
  return make(parsePattern(pattern.source, { flags: pattern.flags }).node, random, [])
}

/**
 * For an expression of the form "vendor, name, assignment, value": an assignment as people write it. Undefined for others.
 */
export function assignmentFor(pattern: RegExp, random: Random): string | undefined {
  const { node } = parsePattern(pattern.source, { flags: pattern.flags })
  if (node.type !== 'sequence') return undefined
  const split = node.items.findIndex((item) => item.type === 'repeat' && item.min === 0 && item.max === 20)
  const secret = node.items.find((item) => item.type === 'group')
  if (split < 1 || secret === undefined) return undefined
  const vendor = node.items
    .slice(0, split)
    .map((item) => make(item, random, []))
    .join('')
  const [before, after] = random.pick([
    ['_API_KEY=', ''],
    ['_token: ', ''],
    ['_secret = "', '"'],
    ['ApiKey":"', '"'],
  ])
  return `${vendor}${before}${make(secret, random, [])}${after}`
}

function make(node: PatternNode, random: Random, groups: string[]): string {
  switch (node.type) {
    case 'set':
      return pickChar(node.ranges, random)
    case 'sequence':
      return node.items.map((item) => make(item, random, groups)).join('')
    case 'choice':
      return make(random.pick(node.options), random, groups)
    case 'group':
      groups[node.index] = make(node.item, random, groups)
      return groups[node.index]
    case 'backreference':
      return groups[node.index] ?? ''
    case 'repeat': {
      const count = random.int(node.min, Math.min(node.max, node.min + (node.item.type === 'set' ? 4 : 1)))
      let out = ''
      for (let i = 0; i < count; i++) out += make(node.item, random, groups)
      return out
    }
    default:
      return ''
  }
}

function pickChar(ranges: Ranges, random: Random): string {
  const printable: number[] = []
  for (let i = 0; i < ranges.length; i += 2) {
    for (let code = Math.max(ranges[i], 0x20); code <= Math.min(ranges[i + 1], 0x7e); code++) printable.push(code)
  }
  if (printable.length === 0) return String.fromCharCode(ranges[0] ?? 0x20)
  const plain = printable.filter((code) => /[A-Za-z0-9]/.test(String.fromCharCode(code)))
  return String.fromCharCode(random.pick(plain.length > 0 ? plain : printable))
}
