import type { Detector, MatchContext } from '../../scan/types.ts'
import { NATIONAL_ID_WORDS } from './words.ts'

/** What differs between national numbers. */
export interface NationalNumber {
  readonly name: string
  readonly description: string
  /** The form that needs no word: with separators, letters or a check that chance seldom meets. */
  readonly written?: RegExp
  readonly triggers?: readonly string[]
  readonly words: readonly string[]
  /** The form that a word must vouch for. */
  readonly bare: RegExp
  /** Gets the characters of the number alone: separators removed, upper case. */
  readonly isValid: (number: string, context: MatchContext) => boolean
  /** Whether the words common to all national numbers vouch for it; not where the check is weak. Default true. */
  readonly generic?: boolean
}

/** Makes the detector of a national number. */
export function nationalNumber(options: NationalNumber): Detector {
  const { name, description, written, triggers, words, bare, isValid } = options
  return {
    name,
    category: 'identity',
    description,
    default: true,
    ...(written === undefined ? {} : { pattern: written, group: 0 }),
    ...(triggers === undefined ? {} : { triggers }),
    context: {
      words: options.generic === false ? words : [...words, ...NATIONAL_ID_WORDS],
      pattern: bare,
      group: 0,
      reach: 40,
    },
    validate: (match, context) => isValid(match.replace(/[^A-Za-z0-9]/g, '').toUpperCase(), context),
    priority: 3,
  }
}
