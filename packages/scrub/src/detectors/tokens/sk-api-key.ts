import type { SecretRule } from '../secret-rule.ts'

/** API keys that begin with sk- (OpenAI, Anthropic, OpenRouter, DeepSeek and others). */
export const skApiKey: SecretRule = {
  name: 'sk-api-key',
  description: 'API keys that begin with sk- (OpenAI, Anthropic, OpenRouter, DeepSeek and others)',
  default: true,
  pattern: /(?<![\w-])sk-(?=[A-Za-z_-]{0,80}\d)[A-Za-z0-9_-]{20,256}(?![\w-])/,
  entropy: 3.5,
}
