import type { SecretRule } from '../secret-rule.ts'

/** Square OAuth secrets. */
export const squareOauthSecret: SecretRule = {
  name: 'square-oauth-secret',
  description: 'Square OAuth secrets',
  default: true,
  pattern: /(?<![\w-])sq0(?:csp|idp)-[\w-]{22,60}(?![\w-])/,
  entropy: 3,
}
