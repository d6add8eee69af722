import type { Detector, MatchContext } from '../../scan/types.ts'
import { ESCAPE, isAbout, isPlaceholder, nameOf } from '../field-name.ts'

/**
 * From a quote to the next one of its kind; what a backslash escapes stands within. Punctuation behind the quote says that it was a
 * closing one.
 */
const QUOTED = ['"', "'", '`']
  .map((quote) => String.raw`(?<=(?<!\\)${quote})(?![ =:,;)}\]])(?:[^${quote}\r\n\\]|\\[^\r\n]){1,256}(?=${quote})`)
  .join('|')
/** From a quote that is escaped, or has no counterpart, to any other. */
const HALF_QUOTED = '(?<=["\'`])(?![ =:])(?:[^"\'`\\r\\n\\\\]|\\\\(?!["\'`])){1,256}(?=\\\\?["\'`])'
/** What ends a value if nothing of it follows. */
const END = `[\\s"'\`,;&<>)}\\].]|${ESCAPE}|$`
/**
 * Without quotes to the next blank or escape. `&`, `;` and `,` end it only where another name and its value follow, closing brackets
 * and a full stop only where nothing of the value does.
 */
const BARE = String.raw`(?![=:\\])(?:[^\s"'${'`'},;&<>)}\].\\]|(?!${ESCAPE})\\|[&;,](?![\s"'${'`'}<]|${ESCAPE}|$|[\w.%+[\]-]{1,64}[ ]?[=:])|[)}\].](?!${END})){3,256}`
const VALUE = new RegExp(`${QUOTED}|${HALF_QUOTED}|${BARE}`)
const WHOLE = /[\s\S]{1,1024}/

const PROSE_BEFORE = /\s(?:is|was|are|to|ist|lautet|es|est):?\s{1,4}[\\"'[(]{0,4}$/
/** Words with digits in them that follow `password is` in manuals. */
const TECHNICAL =
  /^(?:base\d|sha-?\d|md\d|aes|utf|argon|bcrypt|scrypt|pbkdf|oauth|http|ipv|x\.?509|rfc|v\d|\d+-?[a-z]+$)/i

function isQuoted({ text, start }: MatchContext): boolean {
  return /["'`]/.test(text[start - 1] ?? '')
}

/** `req.body.password`, `getpass(`, `str`: an expression of a program that stands where the value would. */
function isCode(match: string, { text, end }: MatchContext): boolean {
  if (/^(?:[A-Za-z_$][\w$]*(?:[?!]?\.|->|::))+[A-Za-z_$][\w$]*[?!]?(?:[([]|$)/.test(match)) return true
  if (/^[A-Za-z_]{4,}\(/.test(match) || /^\$[A-Za-z_]+\[/.test(match) || (/^[\w$.]+$/.test(match) && text[end] === '('))
    return true
  return /^(?:str|int|bool|any|await|new|this|self|async|function|process|varchar|text|char|bytes|input|getpass)\b/i.test(
    match,
  )
}

function isPassword(match: string, context: MatchContext): boolean {
  if (isAbout(context) || (isPlaceholder(match) && !(isQuoted(context) && /["'`]/.test(match)))) return false
  const { fieldName, start, text } = context
  if (fieldName !== '' && start === 0) return true
  const name = nameOf(context)
  if (/^(?:old)?pwd$/i.test(name) && /^(?:[A-Za-z]:)?[/\\~]/.test(match)) return false
  if (isQuoted(context)) return true
  if (isCode(match, context) || match === name) return false
  const before = text.slice(Math.max(0, start - 16), start)
  if (PROSE_BEFORE.test(before)) return isLikelyInProse(match)
  if (/[=>]\s*$/.test(before)) return true
  if (name.toLowerCase() === 'pass' && !/[a-z]/i.test(match)) return false
  // After a colon in prose ("password: must be long") only what looks like one.
  return /\d|[^A-Za-z0-9.,!?]|[a-z][A-Z]/.test(match)
}

/** Of the words of a sentence, those that nobody would take for one: letters and digits together. */
function isLikelyInProse(match: string): boolean {
  const word = match.replace(/[.,!?:)]+$/, '')
  return word.length >= 5 && /[A-Za-z]/.test(word) && /\d/.test(word) && !TECHNICAL.test(word)
}

/** What is assigned to a name that says password. */
export const password: Detector = {
  name: 'password',
  category: 'secret',
  description: 'Passwords, by the name of the field or variable',
  default: true,
  context: {
    words: [
      'password',
      'passwd',
      'passphrase',
      'passcode',
      'pass',
      'pwd',
      'userpass',
      'dbpass',
      'passwort',
      'kennwort',
      'mot de passe',
      'motdepasse',
      'contraseña',
      'contrasena',
      'clave',
      'senha',
      'wachtwoord',
      'hasło',
      'haslo',
      'lösenord',
      'пароль',
      'パスワード',
      '密码',
      '密碼',
      '비밀번호',
    ],
    pattern: VALUE,
    assigned: true,
    fieldPattern: WHOLE,
  },
  validate: isPassword,
}
