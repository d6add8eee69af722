import type { Detector, MatchContext } from '../../scan/types.ts'
import { isAbout, isPlaceholder } from '../field-name.ts'

const VALUE =
  /(?<=["'`])(?![ =:])(?:[^"'`\r\n\\]|\\(?!["'`])){1,256}(?=\\?["'`])|[^\s"'`,;&<>(){}[\]\\:=][^\s"'`,;&<>(){}[\]\\]{2,255}/
const WHOLE = /[\s\S]{1,1024}/

function isQuoted({ text, start }: MatchContext): boolean {
  return /["'`]/.test(text[start - 1] ?? '')
}

function isPassword(match: string, context: MatchContext): boolean {
  if (isPlaceholder(match)) return false
  if (isAbout(context)) return false
  if (context.fieldName !== '' && context.start === 0) return true
  if (isQuoted(context) || /[=>]\s*$/.test(context.text.slice(Math.max(0, context.start - 2), context.start)))
    return true
  // After a colon in prose ("password: must be long") only what looks like one.
  return /\d|[^A-Za-z0-9.,]|[a-z][A-Z]/.test(match)
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
