import type { SecretRule } from '../secret-rule.ts'

/** Seeds of NATS nkeys (account, user, operator). */
export const natsSeed: SecretRule = {
  name: 'nats-seed',
  description: 'Seeds of NATS nkeys (account, user, operator)',
  default: true,
  pattern: /(?<![\w-])S[AUOCNX][A-Z2-7]{56}(?![\w-])/,
  entropy: 4,
}
