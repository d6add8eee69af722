import type { SecretRule } from '../secret-rule.ts'

/** Mailgun API keys. */
export const mailgunKey: SecretRule = {
  name: 'mailgun-key',
  description: 'Mailgun API keys',
  default: true,
  pattern: /(?<![\w-])key-[0-9a-f]{32}(?![\w-])/,
  entropy: 3,
}
