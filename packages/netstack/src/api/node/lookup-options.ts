import dns from 'node:dns'
import type { LookupOptions } from './host.ts'

const { lookup } = dns
const ignore = (): void => {}

/**
 * Checks options of a lookup that is answered without Node's resolver.
 *
 * @throws {TypeError} what `dns.lookup` throws, which asks nobody for the address of an address
 */
export function validateLookupOptions(options: LookupOptions): void {
  lookup('127.0.0.1', options as dns.LookupOptions, ignore)
}
