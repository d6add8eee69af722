import type { SecretRule } from '../secret-rule.ts'

/** Keys of Groq, xAI, Replicate, Fireworks and Voyage. */
export const aiVendorKey: SecretRule = {
  name: 'ai-vendor-key',
  description: 'Keys of Groq, xAI, Replicate, Fireworks and Voyage',
  default: true,
  pattern:
    /(?<![\w-])(?:gsk_[A-Za-z0-9]{40,64}|xai-[A-Za-z0-9]{60,100}|r8_[A-Za-z0-9]{37,40}|fw_[A-Za-z0-9]{22,30}|pa-[A-Za-z0-9_-]{43})(?![\w-])/,
  entropy: 3.5,
}
