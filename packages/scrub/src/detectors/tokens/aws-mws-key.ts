import type { SecretRule } from '../secret-rule.ts'

/** Amazon Marketplace Web Service keys. */
export const awsMwsKey: SecretRule = {
  name: 'aws-mws-key',
  description: 'Amazon Marketplace Web Service keys',
  default: true,
  pattern: /(?<![\w.-])amzn\.mws\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/,
}
