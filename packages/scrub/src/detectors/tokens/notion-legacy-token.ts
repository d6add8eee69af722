import type { SecretRule } from '../secret-rule.ts'

/** Notion integration tokens of the older form. */
export const notionLegacyToken: SecretRule = {
  name: 'notion-legacy-token',
  description: 'Notion integration tokens of the older form',
  default: true,
  pattern: /(?<![\w-])secret_[A-Za-z0-9]{43}(?![\w-])/,
  entropy: 3.5,
}
