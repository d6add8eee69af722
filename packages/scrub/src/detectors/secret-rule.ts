import type { Detector, MatchContext } from '../scan/types.ts'
import { entropy } from './checksums.ts'
import { isPlaceholder } from './field-name.ts'

/** One row of the generated table. */
export interface SecretRule {
  readonly name: string
  readonly description: string
  readonly default: boolean
  readonly pattern: RegExp
  /** Least Shannon entropy of the finding, in bits per character. */
  readonly entropy?: number
  /** The rule recognises a word and what is assigned to it, not a form of its own. */
  readonly assigned?: boolean
  /** Findings that are none. */
  readonly allow?: readonly RegExp[]
  readonly triggers?: readonly string[]
  readonly lead?: { readonly set: string; readonly max: number }
}

/** A least entropy for what only a word vouches for; words of a language stay below it. */
const ASSIGNED_ENTROPY = 2.7
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const SAYS_SECRET = /key|token|secret|auth|pass|cred|pwd/i

/** Makes detectors of the rows of a table. */
export function secretDetectors(rules: readonly SecretRule[]): readonly Detector[] {
  return rules.map((rule) => ({
    name: rule.name,
    category: 'secret',
    description: rule.description,
    default: rule.default,
    pattern: rule.pattern,
    ...(rule.triggers === undefined ? {} : { triggers: rule.triggers }),
    ...(rule.lead === undefined ? {} : { lead: rule.lead }),
    validate: (match, context) => isLikely(rule, match, context),
    priority: rule.assigned === true ? 4 : 10,
  }))
}

function isLikely(rule: SecretRule, match: string, { text, start, fieldName }: MatchContext): boolean {
  if (isPlaceholder(match)) return false
  const least = Math.max(rule.entropy ?? 0, rule.assigned === true ? ASSIGNED_ENTROPY : 0)
  if (least > 0 && entropy(match) < least) return false
  if (rule.allow?.some((allowed) => allowed.test(match)) === true) return false
  if (rule.assigned !== true) return true
  if (!/\d/.test(match)) return false
  // A UUID beside a product's name is an id unless the name says that it is a key.
  if (!UUID.test(match)) return true
  return SAYS_SECRET.test(fieldName === '' ? text.slice(Math.max(0, start - 48), start) : fieldName)
}
