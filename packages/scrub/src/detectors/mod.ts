import type { Detector } from '../scan/types.ts'
import {
  authorization,
  awsSecretKey,
  azureKey,
  commandLineSecret,
  jwt,
  password,
  privateKey,
  secretField,
  urlCredentials,
  verificationCode,
} from './credentials.ts'
import { email } from './email.ts'
import { gitleaksRules } from './gitleaks.generated.ts'
import { highEntropy } from './high-entropy.ts'
import { iban } from './iban.ts'
import { identityDetectors } from './identity/mod.ts'
import { ipv4, ipv6, mac } from './network.ts'
import { paymentCard } from './payment-card.ts'
import { phone } from './phone.ts'
import { secretDetectors } from './secret-rule.ts'
import { tokenRules } from './tokens.ts'
import { walletAddress } from './wallet.ts'

/** Every detector that ships, in the order in which they are listed to people. */
export const allDetectors: readonly Detector[] = [
  email,
  phone,
  paymentCard,
  iban,
  verificationCode,
  walletAddress,
  ...identityDetectors,
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
  commandLineSecret,
  awsSecretKey,
  ...secretDetectors(tokenRules),
  ...secretDetectors(gitleaksRules),
  highEntropy,
]

/** Those that are on when a policy names none. */
export const defaultDetectors: readonly Detector[] = allDetectors.filter((detector) => detector.default)
