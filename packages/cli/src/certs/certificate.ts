/** X.509 certificates, version 3, signed with ECDSA on P-256 and SHA-256. Source: RFC 5280; RFC 5758 section 3.2 for the signature. */
import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import {
  bitString,
  boolean,
  context,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts'

const oids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

/** What a certificate is good for. */
export type Purpose = 'authority' | 'server' | 'client'

export interface CertificateRequest {
  readonly purpose: Purpose
  readonly commonName: string
  readonly organization: string
  /** DNS names, IP addresses and, with an @, e-mail addresses that it stands for. */
  readonly names: readonly string[]
  readonly publicKey: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
  /** Who signs. For an authority of its own: itself. */
  readonly issuer: { readonly commonName: string; readonly organization: string; readonly privateKey: KeyObject }
}

/** A certificate in PEM. */
export function makeCertificate(request: CertificateRequest): string {
  const algorithm = sequence(objectIdentifier(oids.ecdsaWithSha256))
  const body = sequence(
    context(0, integer(Buffer.from([2])), 'constructed'), // version 3
    integer(serialNumber()),
    algorithm,
    distinguishedName(request.issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    distinguishedName(request),
    request.publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(...extensions(request)), 'constructed'),
  )
  // The signature of node:crypto is already the SEQUENCE of two INTEGERs that RFC 3279 section 2.2.3 asks for.
  const signature = sign('sha256', body, { key: request.issuer.privateKey, dsaEncoding: 'der' })
  return pem(sequence(body, algorithm, bitString(signature)))
}

// RFC 5280 section 4.1.2.2: positive, at most 20 octets, not to be guessed.
function serialNumber(): Buffer {
  const number = randomBytes(16)
  number[0] = (number[0] & 0x7f) | 0x40
  return number
}

function distinguishedName({ commonName, organization }: { commonName: string; organization: string }): Buffer {
  const part = (oid: string, value: string): Buffer => set(sequence(objectIdentifier(oid), utf8String(value)))
  return sequence(part(oids.organization, organization), part(oids.commonName, commonName))
}

function extensions({ purpose, names, publicKey, issuer }: CertificateRequest): Buffer[] {
  const list = [
    extension(oids.basicConstraints, true, purpose === 'authority' ? sequence(boolean(true)) : sequence()),
    extension(oids.keyUsage, true, keyUsage(purpose)),
    extension(oids.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
    extension(
      oids.authorityKeyIdentifier,
      false,
      sequence(context(0, keyIdentifier(createPublicKey(issuer.privateKey)), 'primitive')),
    ),
  ]
  if (purpose !== 'authority') {
    const usage = purpose === 'server' ? oids.serverAuth : oids.clientAuth
    list.push(extension(oids.extendedKeyUsage, false, sequence(objectIdentifier(usage))))
  }
  if (names.length > 0) list.push(extension(oids.subjectAltName, false, sequence(...names.map(generalName))))
  return list
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value))
}

// RFC 5280 section 4.2.1.3: digitalSignature is bit 0, keyCertSign bit 5, cRLSign bit 6; trailing zero bits are left away.
function keyUsage(purpose: Purpose): Buffer {
  return purpose === 'authority' ? bitString(Buffer.from([0b0000_0110]), 1) : bitString(Buffer.from([0b1000_0000]), 7)
}

// RFC 5280 section 4.2.1.2, method 1: SHA-1 of the public key's bits.
function keyIdentifier(key: KeyObject): Buffer {
  const point = key.export({ type: 'spki', format: 'der' }).subarray(-65)
  return createHash('sha1').update(point).digest()
}

// RFC 5280 section 4.2.1.6: rfc822Name [1], dNSName [2], iPAddress [7].
function generalName(name: string): Buffer {
  if (isIP(name) !== 0) return context(7, addressBytes(name), 'primitive')
  return context(name.includes('@') ? 1 : 2, Buffer.from(name, 'latin1'), 'primitive')
}

/** The 4 or 16 octets of an IP address. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const bare = address.split('%', 1)[0]
  const mapped = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(bare)
  const hex =
    mapped === null
      ? bare
      : `${mapped[1]}${(Number(mapped[2]) * 256 + Number(mapped[3])).toString(16)}:${(Number(mapped[4]) * 256 + Number(mapped[5])).toString(16)}`
  const [head, tail] = hex.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const groups =
    tail === undefined ? head : [...head, ...new Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return Buffer.from(
    groups.flatMap((group) => {
      const value = Number.parseInt(group, 16)
      return [value >> 8, value & 0xff]
    }),
  )
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
