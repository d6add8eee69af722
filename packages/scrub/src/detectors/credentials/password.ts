import type { Detector, MatchContext } from '../../scan/types.ts'
import { isAbout, isPlaceholder, nameOf } from '../field-name.ts'

/**
 * Within quotes all of it; without them to the next blank. `&`, `;` and `,` end it only where another name and its value follow,
 * closing brackets and a full stop only where nothing of the value does.
 */
const VALUE =
  /(?<=["'`])(?![ =:])(?:[^"'`\r\n\\]|\\(?!["'`])){1,256}(?=\\?["'`])|(?![=:])(?:[^\s"'`,;&<>)}\].\\]|[&;,](?![\s"'`\\<]|$|[\w.%+[\]-]{1,64}[ ]?[=:])|[)}\].](?![\s"'`,;&<>)}\].\\]|$)){3,256}/
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
  if (isPlaceholder(match) || isAbout(context)) return false
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
