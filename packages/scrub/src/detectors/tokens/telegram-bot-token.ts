import type { SecretRule } from '../secret-rule.ts'

/** Telegram bot tokens. */
export const telegramBotToken: SecretRule = {
  name: 'telegram-bot-token',
  description: 'Telegram bot tokens',
  default: true,
  triggers: ['\\d:AA[A-Za-z0-9_-]{4}'],
  lead: { set: '[0-9]', max: 10 },
  pattern: /(?<!\d)\d{8,11}:AA[A-Za-z0-9_-]{32,34}(?![\w-])/,
  entropy: 3.5,
}
