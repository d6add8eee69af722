import type { SecretRule } from '../secret-rule.ts'

/** Stripe webhook signing secrets. */
export const stripeWebhookSecret: SecretRule = {
  name: 'stripe-webhook-secret',
  description: 'Stripe webhook signing secrets',
  default: true,
  pattern: /(?<![\w-])whsec_[A-Za-z0-9+/=]{24,80}(?![\w-])/,
  entropy: 3,
}
