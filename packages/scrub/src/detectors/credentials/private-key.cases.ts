import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'x ⟦-----BEGIN RSA PRI¦VATE KEY-----\nMIIEpAIBAAKCAQEA75fVzQmZ\nq83vMEKzzBZ2\n-----END RSA PRI¦VATE KEY-----⟧ y',
    '"⟦-----BEGIN PRI¦VATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0B\\n-----END PRI¦VATE KEY-----⟧\\n"',
    '⟦-----BEGIN OPENSSH PRI¦VATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA⟧',
    'Public-Lines: 1\nAAAAC3NzaC1lZDI1NTE5\n⟦Private-Lines: 1\nAAAAIGJhc2U2NGtl¦eWRhdGE0NTY3ODkw⟧\nPrivate-MAC: 12',
  ],
  clean: [
    '-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n-----END CERTIFICATE-----',
    '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----',
    '-----BEGIN PRIVATE KEY-----',
    'Private-Lines: 2 of code',
  ],
}
