import type { KeyRing } from './keyring.ts'
import { encryptMark, hashMark, isOwnMark, tokenMark } from './keyring.ts'
import type { Vault } from './vault.ts'
import { keep } from './vault.ts'

export type ActionName = 'remove' | 'mask' | 'hash' | 'tokenise' | 'encrypt' | 'report'

/** What a value is in the document it was found in. */
export type ValueKind = 'text' | 'number' | 'boolean' | 'null' | 'container'

/** What a rule does to what it found. */
export interface Action {
  readonly name: ActionName
  /** Of a number stays a number, of an object its shape. */
  readonly keepsType: boolean
  /** `remove` on a field: the member itself goes. */
  readonly dropsMember: boolean
  /** What stands there instead; the same text when it is already what this action makes. */
  replace(value: string, kind: ValueKind, label: string): string
  /** The digits of a JSON number instead of a JSON number; only asked when `keepsType`. */
  replaceNumber(value: string): string
}

/** What actions need from outside. */
export interface ActionTools {
  readonly keys: KeyRing | undefined
  readonly vault: Vault | undefined
  /** Secure random bytes, for nonces. */
  readonly random: (length: number) => Uint8Array
}

/** Report only: nothing is changed. */
export const reportAction: Action = {
  name: 'report',
  keepsType: false,
  dropsMember: false,
  replace: (value) => value,
  replaceNumber: (value) => value,
}

/** `remove`: a field goes with its name, a finding in text becomes its label. */
export function removeAction(replacement: string | undefined): Action {
  return {
    name: 'remove',
    keepsType: false,
    dropsMember: true,
    replace: (_value, _kind, label) => replacement ?? `[${label}]`,
    replaceNumber: () => '0',
  }
}

export interface MaskOptions {
  /** Characters at the beginning that stay; default 0. */
  readonly keepFirst: number
  /** Characters at the end that stay; default 0. */
  readonly keepLast: number
  /** As many mask characters as there were characters, instead of a fixed number. */
  readonly keepLength: boolean
  /** A number stays a number, an object keeps its shape. */
  readonly keepType: boolean
  /** The mask character; default `*`. */
  readonly character: string
}

/** `mask`: the value behind mask characters, some of its ends left if so asked and it is long enough to hide the rest. */
export function maskAction(options: MaskOptions): Action {
  const kept = options.keepFirst + options.keepLast
  return {
    name: 'mask',
    keepsType: options.keepType,
    dropsMember: false,
    replace: (value) => maskText(value, kept, options),
    replaceNumber: (value) => maskNumber(value, options),
  }
}

function maskText(value: string, kept: number, options: MaskOptions): string {
  const { character, keepFirst, keepLast } = options
  const characters = [...value]
  const length = characters.length
  if (characters.every((one) => one === character || (options.keepLength && isSeparator(one)))) return value
  // At least as much is hidden as is shown; the mask's own length obeys the same rule, so that masking twice is masking once.
  if (kept === 0 || length < 2 * kept) {
    return options.keepLength ? maskRun(character, characters) : character.repeat(Math.max(3, Math.min(kept, length)))
  }
  const hidden = characters.slice(keepFirst, length - keepLast)
  const middle = options.keepLength ? maskRun(character, hidden) : character.repeat(Math.max(3, kept))
  return characters.slice(0, keepFirst).join('') + middle + (keepLast === 0 ? '' : characters.slice(-keepLast).join(''))
}

/** With the length kept, separators within stay too: a card reads as a card. */
function maskRun(character: string, characters: readonly string[]): string {
  let text = ''
  for (const one of characters) text += isSeparator(one) ? one : character
  return text
}

function isSeparator(character: string): boolean {
  return character === ' ' || character === '-'
}

/** Digits become zeros behind a one (which no card, account or phone number begins with); sign, point and exponent stay. */
function maskNumber(value: string, options: MaskOptions): string {
  const digits = value.replace(/^-/, '')
  const isInteger = /^\d+$/.test(digits)
  const kept = isInteger && digits.length >= 2 * options.keepLast ? options.keepLast : 0
  const tail = kept === 0 ? '' : digits.slice(-kept)
  if (!options.keepLength || !isInteger) return tail === '' ? '0' : `1${'0'.repeat(Math.max(2, kept - 1))}${tail}`
  const hidden = digits.length - kept
  return hidden <= 1 ? `${hidden === 1 ? (kept === 0 ? '0' : '1') : ''}${tail}` : `1${'0'.repeat(hidden - 1)}${tail}`
}

/** `hash`: HMAC-SHA-256 with a key; equal values stay equal, so that joins still work. */
export function hashAction(tools: ActionTools, keyId: string | undefined, keepType: boolean): Action {
  const keys = tools.keys!
  const key = keyId === undefined ? keys.newest : keys.get(keyId)!
  return {
    name: 'hash',
    keepsType: keepType,
    dropsMember: false,
    replace: (value) => (isOwnMark(value, keys) ? value : hashMark(key, value)),
    replaceNumber: (value) => numberMark(value, hashMark(key, value), (head) => hashMark(key, `number ${head}`)),
  }
}

/**
 * A number for a number: 9, nine digits of the hash, five by which it is known again; 15 digits, so that every JSON
 * parser keeps it exactly.
 */
function numberMark(value: string, mark: string, check: (head: string) => string): string {
  if (/^9\d{14}$/.test(value) && digitsOf(check(value.slice(0, 10)), 5) === value.slice(10)) return value
  const head = `9${digitsOf(mark, 9)}`
  return head + digitsOf(check(head), 5)
}

function digitsOf(mark: string, count: number): string {
  const bytes = Buffer.from(mark.split('~')[3], 'base64url')
  return (bytes.readUIntBE(0, 6) % 10 ** count).toString().padStart(count, '0')
}

/** `tokenise`: a token for the value, the value in the vault. */
export function tokeniseAction(tools: ActionTools, keyId: string | undefined): Action {
  const keys = tools.keys!
  const vault = tools.vault!
  const key = keyId === undefined ? keys.newest : keys.get(keyId)!
  return {
    name: 'tokenise',
    keepsType: false,
    dropsMember: false,
    replace(value) {
      if (isOwnMark(value, keys)) return value
      const token = tokenMark(key, value)
      if (!vault.has(token)) keep(vault, keys, token, value, tools.random(12))
      return token
    },
    replaceNumber: (value) => value,
  }
}

/** `encrypt`: AES-256-GCM with the newest key, its id beside it. */
export function encryptAction(tools: ActionTools): Action {
  const keys = tools.keys!
  return {
    name: 'encrypt',
    keepsType: false,
    dropsMember: false,
    replace(value, kind) {
      if (isOwnMark(value, keys)) return value
      return encryptMark(keys.newest, value, kind === 'text' ? 's' : 'j', tools.random(12))
    },
    replaceNumber: (value) => value,
  }
}
