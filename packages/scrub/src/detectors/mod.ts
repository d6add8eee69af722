import type { Detector } from '../scan/types.ts'
import { email } from './contact/email.ts'
import { phone } from './contact/phone.ts'
import { awsSecretKey } from './credentials/aws-secret-access-key.ts'
import { azureKey } from './credentials/azure-key.ts'
import { commandLineSecret } from './credentials/command-line-secret.ts'
import { highEntropy } from './credentials/high-entropy.ts'
import { authorization } from './credentials/http-authorization.ts'
import { jwt } from './credentials/jwt.ts'
import { password } from './credentials/password.ts'
import { privateKey } from './credentials/private-key.ts'
import { secretField } from './credentials/secret-field.ts'
import { sessionCookie } from './credentials/session-cookie.ts'
import { urlCredentials } from './credentials/url-credentials.ts'
import { verificationCode } from './financial/card-verification-code.ts'
import { walletAddress } from './financial/crypto-wallet.ts'
import { iban } from './financial/iban.ts'
import { paymentCard } from './financial/payment-card.ts'
import { gitleaksRules } from './gitleaks/gitleaks.generated.ts'
import { identityDetectors } from './identity/mod.ts'
import { ipv4 } from './network/ipv4.ts'
import { ipv6 } from './network/ipv6.ts'
import { mac } from './network/mac-address.ts'
import { secretDetectors } from './secret-rule.ts'
import { tokenRules } from './tokens/mod.ts'

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
  sessionCookie,
  awsSecretKey,
  ...secretDetectors(tokenRules),
  ...secretDetectors(gitleaksRules),
  highEntropy,
]

/** Those that are on when a policy names none. */
export const defaultDetectors: readonly Detector[] = allDetectors.filter((detector) => detector.default)
