import type { MatchContext } from '../scan/types.ts'

/** How far before a value the name may begin. */
const REACH_CHARACTERS = 96
const MAX_NAME_CHARACTERS = 64
const MAX_QUOTES = 4
const MAX_SPACES = 4
/** Between a name and the word `value` behind it: `<password value="...">`. */
const MAX_SPACES_BEFORE_VALUE = 24
const VALUE = 'value'
const VERBS: ReadonlySet<string> = new Set(['is', 'was', 'are', 'to', 'ist', 'lautet', 'es', 'est'])

const COLON = 0x3a
const EQUALS = 0x3d
const GREATER = 0x3e

const SPACE = 1
const NAME = 2
const CLOSER = 4
const OPENER = 8
/** What each character of Latin-1 may be. */
const KINDS: Uint8Array = kinds()

function kinds(): Uint8Array {
  const table = new Uint8Array(256)
  for (let code = 0; code < table.length; code++) {
    const character = String.fromCharCode(code)
    if (/\s/.test(character)) table[code] |= SPACE
    if (/[\w.$-]/.test(character)) table[code] |= NAME
    if (/[\\"'\])]/.test(character)) table[code] |= CLOSER
    if (/[\\"'[(]/.test(character)) table[code] |= OPENER
  }
  return table
}

/** Where the run of characters of a kind begins that ends before `end`. */
function runStart(text: string, lowest: number, end: number, kind: number): number {
  let at = end
  while (at > lowest && (KINDS[text.charCodeAt(at - 1)] & kind) !== 0) at--
  return at
}

/** The name that a value is assigned to: the field's, or the identifier before `=` or `:` in the text; '' when there is none. */
export function nameOf({ fieldName, text, start }: MatchContext): string {
  if (fieldName !== '' && start === 0) return fieldName
  return nameBefore(text, start) ?? fieldName
}

/**
 * The name in front of what begins at `start`: `name = `, `"name": "`, `name value=`, `name is `. Read backwards, since whoever asks
 * knows where the value is.
 *
 * @param text Latin-1
 */
export function nameBefore(text: string, start: number): string | undefined {
  const lowest = Math.max(0, start - REACH_CHARACTERS)
  const quotes = runStart(text, lowest, start, OPENER)
  const end = runStart(text, lowest, quotes, SPACE)
  if (start - quotes > MAX_QUOTES || quotes - end > MAX_SPACES) return undefined
  return (end < quotes ? nameBeforeVerb(text, lowest, end) : undefined) ?? nameBeforeSign(text, lowest, end)
}

/** `name is` or `name is:`, which a space follows. */
function nameBeforeVerb(text: string, lowest: number, end: number): string | undefined {
  const verbEnd = end > lowest && text.charCodeAt(end - 1) === COLON ? end - 1 : end
  const verb = runStart(text, lowest, verbEnd, NAME)
  const spaces = runStart(text, lowest, verb, SPACE)
  if (verb === spaces || verb - spaces > MAX_SPACES || !VERBS.has(text.slice(verb, verbEnd))) return undefined
  return nameEnding(text, lowest, spaces)
}

/** `name:`, `name :=`, `name=`, `name ==`, `name =>`, `name>`. */
function nameBeforeSign(text: string, lowest: number, end: number): string | undefined {
  if (end === lowest) return undefined
  const sign = text.charCodeAt(end - 1)
  if (sign !== COLON && sign !== EQUALS && sign !== GREATER) return undefined
  const before = end - 1 > lowest ? text.charCodeAt(end - 2) : 0
  const isLong = (sign === EQUALS && (before === EQUALS || before === COLON)) || (sign === GREATER && before === EQUALS)
  const at = isLong ? end - 2 : end - 1
  const spaces = runStart(text, lowest, at, SPACE)
  if (at - spaces > MAX_SPACES) return undefined
  if (at - spaces <= 1 && text.charCodeAt(at) !== GREATER && text.endsWith(VALUE, spaces)) {
    const value = spaces - VALUE.length
    const gap = value < lowest ? value : runStart(text, lowest, value, SPACE)
    if (gap < value && value - gap <= MAX_SPACES_BEFORE_VALUE) {
      const name = nameEnding(text, lowest, gap)
      if (name !== undefined) return name
    }
  }
  return nameEnding(text, lowest, spaces)
}

/** The name that ends before `end`, but for what closes it. */
function nameEnding(text: string, lowest: number, end: number): string | undefined {
  const close = runStart(text, lowest, end, CLOSER)
  if (end - close > MAX_QUOTES) return undefined
  const begin = runStart(text, Math.max(lowest, close - MAX_NAME_CHARACTERS), close, NAME)
  return begin === close ? undefined : text.slice(begin, close)
}

/**
 * Source of an expression: a backslash that ends a value because an escape begins with it (RFC 8259 section 7), or because it stands
 * before a closing quote. Any other backslash is a character like all others.
 */
export const ESCAPE = '\\\\(?:["\'`\\\\/bfnrt]|u[\\dA-Fa-f]{4})'

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

/** Names come again and again. */
const judged = new Map<string, boolean>()
const MAX_JUDGED = 1024

/** Whether the name that a value is assigned to says something about a secret (when it expires, where it is), and is not the secret itself. */
export function isAbout(context: MatchContext): boolean {
  const name = nameOf(context)
  const known = judged.get(name)
  if (known !== undefined) return known
  if (judged.size >= MAX_JUDGED) judged.clear()
  const isOne = wordsOf(name.replace(/id[_-]?token/i, 'token')).some((word) => ABOUT.has(word))
  judged.set(name, isOne)
  return isOne
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
}
