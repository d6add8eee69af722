import type { SecretRule } from '../secret-rule.ts'

/** Mailchimp API keys. */
export const mailchimpKey: SecretRule = {
  name: 'mailchimp-key',
  description: 'Mailchimp API keys',
  default: true,
  triggers: ['[0-9a-f]-us\\d'],
  lead: { set: '[0-9a-f]', max: 32 },
  pattern: /(?<![\w-])[0-9a-f]{32}-us\d{1,2}(?![\w-])/,
  entropy: 3,
}
