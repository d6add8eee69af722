import type { SecretRule } from '../secret-rule.ts'

/** Discord webhook addresses. */
export const discordWebhook: SecretRule = {
  name: 'discord-webhook',
  description: 'Discord webhook addresses',
  default: true,
  pattern: /discord(?:app)?\.com\/api\/webhooks\/\d{16,20}\/[\w-]{60,80}/,
}
