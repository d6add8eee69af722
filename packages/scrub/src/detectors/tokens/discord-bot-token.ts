import type { SecretRule } from '../secret-rule.ts'

/** Discord bot tokens. */
export const discordBotToken: SecretRule = {
  name: 'discord-bot-token',
  description: 'Discord bot tokens',
  default: true,
  triggers: ['(?<![\\w-])[MNO][A-Za-z0-9_-]{23,25}\\.[A-Za-z0-9_-]'],
  pattern: /(?<![\w-])[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}(?![\w-])/,
  entropy: 4,
}
