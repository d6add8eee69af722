import type { MatchContext } from '../scan/types.ts'

const NAME_BEFORE =
  /([\w.$-]{1,64})[\\"'\])]{0,4}(?:\s{1,24}value(?=\s?[=:]))?\s{0,4}(?::=|=>|==?|[:>]|(?<=\s)(?:is|was|are|to|ist|lautet|es|est):?(?=\s))\s{0,4}[\\"'[(]{0,4}$/

/** The name that a value is assigned to: the field's, or the identifier before `=` or `:` in the text; '' when there is none. */
export function nameOf({ fieldName, text, start }: MatchContext): string {
  if (fieldName !== '' && start === 0) return fieldName
  return NAME_BEFORE.exec(text.slice(Math.max(0, start - 96), start))?.[1] ?? fieldName
}

const PLACEHOLDER =
  /^(?:null|nil|none|undefined|true|false|yes|no|n\/a|empty|unknown|required|optional|string|redacted|masked|hidden|secret|password|passwd|changeme|example|xxx+|\*+|•+|\.+|-+|_+|0+|<[^>]*>|\[[^\]]*\]|\{\{[^}]*\}\}|\$\{[^}]*\}|\$?\{[\w.\s-]*\}|\$[A-Za-z_]+|\$\d|%[A-Za-z_]+%|%s|%\([a-z_]+\)s|@[a-z_]*(?:pass|pwd)[a-z_]*|\(?(?:redacted|masked|hidden|filtered)\)?)$/i

/** `null`, `***`, `${PASSWORD}`, `<secret>`: a place where a secret would stand. */
export function isPlaceholder(value: string): boolean {
  const trimmed = value.trim()
  return trimmed.length === 0 || PLACEHOLDER.test(trimmed)
}

/** Words in a name that say that it holds something about a secret, not the secret. */
const ABOUT = new Set(
  'reset forgot url uri link endpoint host expires expiry expiration expired valid validity changed updated created issued at date time policy length hint strength score id ids name type count counts total usage used limit max min size required enabled disabled status state version algorithm alg format prefix suffix label title description error message public attempts field fields file path arn ref alias index page cursor next continuation prev schema foreign primary partition sort routing idempotency cache object storage press board code stone word cancel csrf xsrf sync delta checkpoint symbol address bucket fingerprint manager provider store rotation age days'.split(
    ' ',
  ),
)

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
}

/** Whether the name that a value is assigned to says something about a secret (when it expires, where it is), and is not the secret itself. */
export function isAbout(context: MatchContext): boolean {
  const words = wordsOf(nameOf(context).replace(/id[_-]?token/i, 'token'))
  return words.some((word) => ABOUT.has(word))
}
