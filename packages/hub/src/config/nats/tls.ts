/** `tls { ... }` of a nats-server configuration, wherever it stands. */
import type { TlsConfig } from '../types.ts'
import { ConfReader } from './conf-reader.ts'

/** What nats-server has and wirehub has no use for. */
const UNUSED = [
  'cipher_suites',
  'curve_preferences',
  'insecure',
  'ca_files',
  'pinned_certs',
  'connection_rate_limit',
  'handshake_first_fallback',
  'verify_cert_and_check_known_urls',
]

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
    minVersion: block.string('min_version') === '1.3' ? 'TLSv1.3' : undefined,
    timeoutMs: block.durationMs('timeout'),
  }
  if (cert === undefined || key === undefined) {
    block.wrong(parent.entry('tls') as never, 'a block with cert_file and key_file')
  }
  block.finish(UNUSED)
  return tls
}
