import type { SecretRule } from '../secret-rule.ts'

/** Google OAuth access tokens, refresh tokens and client secrets. */
export const googleOauthToken: SecretRule = {
  name: 'google-oauth-token',
  description: 'Google OAuth access tokens, refresh tokens and client secrets',
  default: true,
  pattern: /(?<![\w-])(?:ya29\.[\w-]{20,1024}|1\/\/0[\w-]{30,256}|GOCSPX-[\w-]{20,40})(?![\w-])/,
  entropy: 3,
}
