import type { MatchContext } from '../scan/types.ts'

const NAME_BEFORE = /([\w.$-]{1,64})[\\"'\])]{0,4}\s{0,4}(?::=|=>|==?|[:>])\s{0,4}[\\"'[(]{0,4}$/

/** The name that a value is assigned to: the field's, or the identifier before `=` or `:` in the text; '' when there is none. */
export function nameOf({ fieldName, text, start }: MatchContext): string {
  if (fieldName !== '' && start === 0) return fieldName
  return NAME_BEFORE.exec(text.slice(Math.max(0, start - 96), start))?.[1] ?? fieldName
}

const PLACEHOLDER =
  /^(?:null|nil|none|undefined|true|false|yes|no|n\/a|empty|unknown|required|optional|string|redacted|masked|hidden|secret|password|passwd|changeme|example|xxx+|\*+|•+|\.+|-+|_+|0+|<[^>]*>|\[[^\]]*\]|\{\{[^}]*\}\}|\$\{[^}]*\}|\$[A-Za-z_]\w*|%[A-Za-z_]\w*%|\(?(?:redacted|masked|hidden|filtered)\)?)$/i

/** `null`, `***`, `${PASSWORD}`, `<secret>`: a place where a secret would stand. */
export function isPlaceholder(value: string): boolean {
  const trimmed = value.trim()
  return trimmed.length === 0 || PLACEHOLDER.test(trimmed)
}
