/** A local authority, and certificates of a server and a client: for a first try with TLS, not for production. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { makeCertificate, type Purpose } from './certificate.ts'

const DAY_MS = 86_400_000
/** RFC 5280 appendix A.1, ub-common-name; what is longer stands in the alternative names alone. */
const MAX_NAME = 64
const ORGANIZATION = 'wirehub development'
const AUTHORITY = 'wirehub development authority'

export interface DevelopmentOptions {
  /** DNS names and IP addresses that the server is reached by. */
  readonly hosts: readonly string[]
  /** The user whom the client certificate names. */
  readonly user: string
  readonly days: number
  readonly now: Date
}

/** A file to write, readable by its owner alone where that matters. */
export interface CertificateFile {
  readonly name: string
  readonly text: string
  readonly secret: boolean
}

/** All files: `ca`, `server`, `client`, each with certificate and key. The key of the authority is made, used and written beside the others. */
export function developmentCertificates({ hosts, user, days, now }: DevelopmentOptions): CertificateFile[] {
  // Clocks of other machines may be a little behind.
  const notBefore = new Date(now.getTime() - 5 * 60_000)
  const notAfter = new Date(now.getTime() + days * DAY_MS)
  const authority = keyPair()
  const issuer = { commonName: AUTHORITY, organization: ORGANIZATION, privateKey: authority.privateKey }
  const issue = (purpose: Purpose, commonName: string, names: readonly string[], publicKey: KeyObject): string =>
    makeCertificate({ purpose, commonName, organization: ORGANIZATION, names, publicKey, notBefore, notAfter, issuer })
  const server = keyPair()
  const client = keyPair()
  const file = (name: string, text: string, secret = false): CertificateFile => ({ name, text, secret })
  return [
    file('ca.pem', issue('authority', AUTHORITY, [], authority.publicKey)),
    file('ca-key.pem', keyText(authority.privateKey), true),
    file('server.pem', issue('server', hosts[0].slice(0, MAX_NAME), hosts, server.publicKey)),
    file('server-key.pem', keyText(server.privateKey), true),
    // The hub takes the user's name from the e-mail and DNS names of a client certificate (verifyAndMap).
    file('client.pem', issue('client', user, [user], client.publicKey)),
    file('client-key.pem', keyText(client.privateKey), true),
  ]
}

function keyPair(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
}

function keyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string
}
