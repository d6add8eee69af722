import type { Detector } from '../scan/types.ts'
import {
  authorization,
  awsSecretKey,
  azureKey,
  jwt,
  password,
  privateKey,
  secretField,
  urlCredentials,
  verificationCode,
} from './credentials.ts'
import { email } from './email.ts'
import { iban } from './iban.ts'
import { ipv4, ipv6, mac } from './network.ts'
import { paymentCard } from './payment-card.ts'
import { phone } from './phone.ts'

/** Every detector that ships, in the order in which they are listed to people. */
export const allDetectors: readonly Detector[] = [
  email,
  phone,
  paymentCard,
  iban,
  verificationCode,
  ipv4,
  ipv6,
  mac,
  password,
  secretField,
  urlCredentials,
  authorization,
  jwt,
  privateKey,
  azureKey,
  awsSecretKey,
]

/** Those that are on when a policy names none. */
export const defaultDetectors: readonly Detector[] = allDetectors.filter((detector) => detector.default)
