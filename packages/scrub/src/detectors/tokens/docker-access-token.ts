import type { SecretRule } from '../secret-rule.ts'

/** Docker Hub access tokens. */
export const dockerAccessToken: SecretRule = {
  name: 'docker-access-token',
  description: 'Docker Hub access tokens',
  default: true,
  pattern: /(?<![\w-])dckr_[po]at_[\w-]{20,64}(?![\w-])/,
  entropy: 3,
}
