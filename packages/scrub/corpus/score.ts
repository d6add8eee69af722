/** Prints recall and precision per detector. `--markdown` for the table of the docs, `--fails` for what went wrong. */
import { allDetectors } from '../src/detectors/mod.ts'
import { compileScanner } from '../src/scan/scanner.ts'
import type { Detector, Scanner } from '../src/scan/types.ts'
import { CLEAN } from './clean.ts'
import { Random } from './random.ts'
import { ASSIGNED, type Filled, fill, NAMED, PLAIN, SPECIAL } from './templates.ts'
import { valueFor } from './values.ts'

const PER_DETECTOR = 120
const CLEAN_PER_KIND = 150

export interface Score {
  readonly name: string
  readonly category: string
  samples: number
  found: number
  falsePositives: number
}

interface Finding {
  readonly start: number
  readonly end: number
  readonly detector: Detector
}

/** Detectors that share a form: the finding of one counts for the other. */
const SAME: readonly (readonly string[])[] = [
  ['us-ssn', 'ca-sin'],
  ['sk-api-key', 'openai-api-key', 'anthropic-api-key', 'anthropic-admin-api-key'],
  ['password', 'secret-field', 'aws-secret-access-key'],
]

function isSame(a: string, b: string, category: string, other: string): boolean {
  // Numbers of the same shape belong to several countries, keys of the same shape to several vendors.
  if (a === b || (category === other && (category === 'secret' || category === 'identity'))) return true
  return SAME.some((group) => group.includes(a) && group.includes(b))
}

function scan(scanner: Scanner, text: string, field: string = ''): Finding[] {
  const out: Finding[] = []
  scanner.scanText(text, (start, end, detector) => out.push({ start, end, detector }), field)
  return out
}

function sample(detector: Detector, random: Random): Filled {
  const special = SPECIAL[detector.name]
  const value = valueFor(detector, random)
  if (special !== undefined) return fill(random.pick(special), value, '', random)
  const words = detector.context?.words ?? []
  const isPlain = detector.pattern !== undefined && (words.length === 0 || random.next() < 0.5)
  if (isPlain) return fill(random.pick(PLAIN), value, '', random)
  const templates = detector.context?.assigned === true ? ASSIGNED : NAMED
  return fill(random.pick(templates), value, random.pick(words), random)
}

/** Runs the corpus through all default detectors at once. */
export function score(seed: number, onFail: (kind: string, name: string, text: string) => void = () => {}): Score[] {
  const random = new Random(seed)
  const detectors = allDetectors.filter((detector) => detector.default)
  const scanner = compileScanner(detectors)
  const scores = new Map<string, Score>()
  for (const { name, category } of detectors)
    scores.set(name, { name, category, samples: 0, found: 0, falsePositives: 0 })
  const count = (name: string): Score => scores.get(name) as Score
  for (const detector of detectors) {
    for (let i = 0; i < PER_DETECTOR; i++) {
      const filled = sample(detector, random)
      const expected = count(detector.name)
      expected.samples++
      let isFound = false
      for (const finding of scan(scanner, filled.text)) {
        const overlaps = finding.start < filled.end && finding.end > filled.start
        const covers = finding.start <= filled.start && finding.end >= filled.end
        const isRight = isSame(finding.detector.name, detector.name, finding.detector.category, detector.category)
        // A value that a rule describes with what stands before it: the finding is the secret in it.
        const isPart = overlaps && detector.category === 'secret' && finding.end >= filled.end - 1
        if (isRight && (covers || isPart)) isFound = true
        else {
          count(finding.detector.name).falsePositives++
          onFail('false', finding.detector.name, `${filled.text.slice(finding.start, finding.end)} in ${filled.text}`)
        }
      }
      if (isFound) expected.found++
      else onFail('missed', detector.name, filled.text)
    }
  }
  for (const [kind, make] of Object.entries(CLEAN)) {
    for (let i = 0; i < CLEAN_PER_KIND; i++) {
      const text = make(random)
      for (const finding of scan(scanner, text)) {
        count(finding.detector.name).falsePositives++
        onFail(
          'false',
          finding.detector.name,
          `[${kind}] ${text.slice(finding.start, finding.end)} in ${text.slice(0, 200)}`,
        )
      }
    }
  }
  return [...scores.values()]
}

export function recall({ samples, found }: Score): number {
  return samples === 0 ? 1 : found / samples
}

export function precision({ found, falsePositives }: Score): number {
  return found + falsePositives === 0 ? 1 : found / (found + falsePositives)
}

function main(): void {
  const isVerbose = process.argv.includes('--fails')
  const isMarkdown = process.argv.includes('--markdown')
  const scores = score(20_261_121, (kind, name, text) => {
    if (isVerbose) console.error(`${kind} ${name}: ${text}`)
  })
  const line = (cells: readonly (string | number)[]): string =>
    isMarkdown
      ? `| ${cells.join(' | ')} |`
      : `${String(cells[0]).padEnd(40)}${cells
          .slice(1)
          .map((cell) => String(cell).padStart(10))
          .join('')}`
  console.log(line(['detector', 'samples', 'recall', 'precision']))
  if (isMarkdown) console.log('| --- | ---: | ---: | ---: |')
  for (const entry of scores)
    console.log(line([entry.name, entry.samples, recall(entry).toFixed(3), precision(entry).toFixed(3)]))
  const sum = (field: 'samples' | 'found' | 'falsePositives'): number =>
    scores.reduce((all, entry) => all + entry[field], 0)
  const total: Score = {
    name: 'all',
    category: '',
    samples: sum('samples'),
    found: sum('found'),
    falsePositives: sum('falsePositives'),
  }
  console.log(line(['all', total.samples, recall(total).toFixed(4), precision(total).toFixed(4)]))
}

if (process.argv[1]?.endsWith('score.ts')) main()
