import { parsePattern } from '../patterns/parse.ts'
import { toByteTable } from '../patterns/ranges.ts'
import type { AutomatonSequence } from './automaton.ts'
import { deriveTriggers, expandTrigger, firstBytes, type TriggerSequence } from './triggers.ts'
import type { Detector, LinearPattern } from './types.ts'
import { mustStandAlone, wordTriggers } from './words.ts'

/** How one expression of one detector is tried. */
export interface Attempt {
  readonly detector: Detector
  readonly index: number
  /** Sticky, so that it is tried at one place and nowhere else. */
  readonly expression: RegExp
  readonly group: number | undefined
  /** The first group is the finding and stands where the match begins: its place is known without asking for indices. */
  readonly startsWithGroup: boolean
  /** Where a match may begin. */
  readonly first: Uint8Array
  readonly lead: Uint8Array | undefined
  readonly leadMax: number
  readonly isContext: boolean
  readonly assigned: boolean
  readonly reach: number
  readonly fieldExpression: RegExp | undefined
}

/** A sequence of the automaton, and what to do when it is seen. */
export interface Trigger {
  readonly attempt: Attempt
  /** How many bytes the sequence has, the boundary included. */
  readonly length: number
  /** 1 when the first byte of the sequence is a boundary. */
  readonly skip: number
  /** The length of a word that must stand alone and ends one byte before the sequence does; 0 for all else. */
  readonly alone: number
}

/** Detectors that are searched everywhere. */
export interface Search {
  readonly detector: Detector
  readonly pattern: RegExp | LinearPattern
}

export interface Plan {
  readonly triggers: readonly Trigger[]
  readonly sequences: readonly AutomatonSequence[]
  readonly searches: readonly Search[]
  readonly attempts: number
}

const DEFAULT_REACH = 40

/** Works out triggers and attempts of all detectors. */
export function makePlan(detectors: readonly Detector[]): Plan {
  const triggers: Trigger[] = []
  const sequences: AutomatonSequence[] = []
  const searches: Search[] = []
  let attempts = 0
  const add = (attempt: Attempt, found: readonly TriggerSequence[], alone: number): void => {
    for (const sequence of found) {
      sequences.push({ sets: sequence.sets, boundary: sequence.boundary, id: triggers.length })
      const skip = sequence.boundary ? 1 : 0
      triggers.push({ attempt, length: sequence.sets.length, skip, alone })
    }
  }
  for (const detector of detectors) {
    if (detector.pattern !== undefined) {
      if (!(detector.pattern instanceof RegExp) || detector.everywhere === true) {
        searches.push({ detector, pattern: globally(detector.pattern) })
      } else {
        const attempt = patternAttempt(detector, detector.pattern, attempts++)
        add(attempt, patternTriggers(detector, detector.pattern), 0)
      }
    }
    if (detector.context === undefined) continue
    const attempt = contextAttempt(detector, attempts++)
    for (const word of detector.context.words) {
      const isAlone = mustStandAlone(word)
      for (const expression of wordTriggers(word)) {
        add(attempt, expandTrigger(expression, isAlone ? '' : 'i'), isAlone ? word.length : 0)
      }
    }
  }
  return { triggers, sequences, searches, attempts }
}

function patternTriggers(detector: Detector, pattern: RegExp): readonly TriggerSequence[] {
  if (detector.triggers !== undefined) return detector.triggers.flatMap((trigger) => expandTrigger(trigger))
  try {
    return deriveTriggers(parsePattern(pattern.source, { flags: pattern.flags }).node)
  } catch (error) {
    throw new Error(`detector ${detector.name}: ${(error as Error).message}; give it triggers`)
  }
}

function patternAttempt(detector: Detector, pattern: RegExp, index: number): Attempt {
  const { lead } = detector
  return {
    detector,
    index,
    expression: sticky(pattern, detector.group),
    group: detector.group,
    startsWithGroup: startsWithGroup(pattern, detector.group),
    first: firstTable(pattern),
    lead: lead === undefined ? undefined : setTable(lead.set),
    leadMax: lead?.max ?? 0,
    isContext: false,
    assigned: false,
    reach: 0,
    fieldExpression: undefined,
  }
}

function contextAttempt(detector: Detector, index: number): Attempt {
  const context = detector.context as NonNullable<Detector['context']>
  return {
    detector,
    index,
    expression: sticky(context.pattern, context.group),
    group: context.group,
    startsWithGroup: false,
    first: firstTable(context.pattern),
    lead: undefined,
    leadMax: 0,
    isContext: true,
    assigned: context.assigned === true,
    reach: context.reach ?? DEFAULT_REACH,
    fieldExpression: context.fieldPattern === undefined ? undefined : sticky(context.fieldPattern, context.group),
  }
}

const HAS_GROUP = /(?<!\\)\((?!\?)|\(\?<(?![=!])/

/** Indices of groups cost as much as the match itself. */
function startsWithGroup(pattern: RegExp, group: number | undefined): boolean {
  if (group === 0) return false
  const { node } = parsePattern(pattern.source, { flags: pattern.flags })
  if (node.type !== 'sequence') return false
  const first = node.items.find((item) => item.type !== 'assertion' && item.type !== 'look')
  // With one group only: another one might take part where this one does not.
  return first?.type === 'group' && first.index === 1 && countGroups(pattern) === 1
}

function countGroups(pattern: RegExp): number {
  return (new RegExp(`${pattern.source}|`, pattern.flags).exec('') as RegExpExecArray).length - 1
}

function sticky(pattern: RegExp, group: number | undefined): RegExp {
  const needsIndices = group !== 0 && HAS_GROUP.test(pattern.source) && !startsWithGroup(pattern, group)
  const indices = needsIndices ? 'd' : ''
  return new RegExp(pattern.source, `${pattern.flags.replace(/[gyd]/g, '')}y${indices}`)
}

function globally(pattern: RegExp | LinearPattern): RegExp | LinearPattern {
  if (!(pattern instanceof RegExp)) return pattern
  const indices = HAS_GROUP.test(pattern.source) ? 'd' : ''
  return new RegExp(pattern.source, `${pattern.flags.replace(/[gyd]/g, '')}g${indices}`)
}

function firstTable(pattern: RegExp): Uint8Array {
  return toByteTable(firstBytes(parsePattern(pattern.source, { flags: pattern.flags }).node))
}

function setTable(source: string): Uint8Array {
  const { node } = parsePattern(source)
  if (node.type !== 'set') throw new Error(`lead /${source}/ is not a class`)
  return toByteTable(node.ranges)
}
