import type { SecretRule } from '../secret-rule.ts'

/** Supabase access tokens and secret keys. */
export const supabaseToken: SecretRule = {
  name: 'supabase-token',
  description: 'Supabase access tokens and secret keys',
  default: true,
  pattern: /(?<![\w-])(?:sbp_[0-9a-f]{40}|sb_secret_[\w-]{20,64})(?![\w-])/,
  entropy: 3,
}
