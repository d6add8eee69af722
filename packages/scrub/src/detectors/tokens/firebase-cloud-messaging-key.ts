import type { SecretRule } from '../secret-rule.ts'

/** Firebase Cloud Messaging server keys. */
export const firebaseCloudMessagingKey: SecretRule = {
  name: 'firebase-cloud-messaging-key',
  description: 'Firebase Cloud Messaging server keys',
  default: true,
  pattern: /(?<![\w-])AAAA[\w-]{7}:APA91[\w-]{100,200}(?![\w-])/,
}
