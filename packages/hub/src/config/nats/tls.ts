/** `tls { ... }` of a nats-server configuration, wherever it stands. */
import type { TlsConfig } from '../types.ts'
import { ConfReader } from './conf-reader.ts'

/** What nats-server has and wirehub has no use for. */
const UNUSED = [
  'curve_preferences',
  'insecure',
  'ca_files',
  'pinned_certs',
  'connection_rate_limit',
  'handshake_first_fallback',
  'verify_cert_and_check_known_urls',
]

// The suites that nats-server knows, those with RC4 and 3DES left out.
const SUITE =
  /^TLS_(?:AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256|ECDHE_(?:RSA|ECDSA)_WITH_(?:CHACHA20_POLY1305(?:_SHA256)?|AES_128_GCM_SHA256|AES_256_GCM_SHA384|AES_128_CBC_SHA(?:256)?|AES_256_CBC_SHA)|RSA_WITH_(?:AES_128_GCM_SHA256|AES_256_GCM_SHA384|AES_128_CBC_SHA(?:256)?|AES_256_CBC_SHA))$/
// Those of TLS 1.3 are always there, as in Go.
const SUITES_OF_TLS13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']

/**
 * Reads the block of one listener.
 * @param required false: clients may also stay in plain text
 */
export function readTls(parent: ConfReader, required: boolean): TlsConfig | undefined {
  const block = parent.map('tls')
  if (block === undefined) return undefined
  // Of several certificates the first is used.
  const several = block.items('certs', 'certificates')[0]
  const pair = several?.kind === 'map' ? new ConfReader(several, block.pathOf('certs'), block.problems) : block
  const cert = pair.string('cert_file')
  const key = pair.string('key_file')
  const handshakeFirst = block.entry('handshake_first', 'first', 'immediate')?.value
  const tls: TlsConfig = {
    cert: cert ?? '',
    key: key ?? '',
    ca: block.string('ca_file'),
    verify: block.boolean('verify'),
    verifyAndMap: block.boolean('verify_and_map'),
    handshakeFirst: handshakeFirst?.kind === 'boolean' ? handshakeFirst.value : undefined,
    required,
    ciphers: ciphersOf(block),
    minVersion: block.string('min_version') === '1.3' ? 'TLSv1.3' : undefined,
    timeoutMs: block.durationMs('timeout'),
  }
  if (cert === undefined || key === undefined) {
    block.wrong(parent.entry('tls') as never, 'a block with cert_file and key_file')
  }
  block.finish(UNUSED)
  return tls
}

function ciphersOf(block: ConfReader): string | undefined {
  const suites = block.strings('cipher_suites')
  if (suites.length === 0) return undefined
  for (const suite of suites) {
    if (!SUITE.test(suite)) block.wrong(block.entry('cipher_suites') as never, `suites as ${SUITES_OF_TLS13[0]}`)
  }
  return [...new Set([...SUITES_OF_TLS13, ...suites.map(openSslName)])].join(':')
}

// TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is ECDHE-RSA-AES128-GCM-SHA256; the names of TLS 1.3 are the same everywhere.
function openSslName(suite: string): string {
  const [exchange, cipher] = suite.slice('TLS_'.length).split('_WITH_')
  if (cipher === undefined) return suite
  const plain = cipher
    .replace('AES_', 'AES')
    .replace('_CBC', '')
    .replace(/(POLY1305)_SHA256$/, '$1')
  return (exchange === 'RSA' ? plain : `${exchange}-${plain}`).replaceAll('_', '-')
}
