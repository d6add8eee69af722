import type { Detector } from '../../scan/types.ts'
import { entropy } from '../checksums.ts'

/** The secret half of an AWS key pair: forty characters that only their name betrays. */
export const awsSecretKey: Detector = {
  name: 'aws-secret-access-key',
  category: 'secret',
  description: 'AWS secret access keys, by the name beside them',
  default: true,
  context: {
    words: [
      'aws secret',
      'secret access key',
      'aws secret access key',
      'secretaccesskey',
      'aws secret key',
      'aws_secret',
    ],
    pattern: /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/,
  },
  validate: (match) => entropy(match) >= 3.5 && !/^[a-f0-9]+$/.test(match),
  priority: 10,
}
