/**
 * Character sets. Inside the hub text is UTF-8; a listener that says `charset=...` has it turned into UTF-8 on the way in and
 * back on the way out.
 */
import { HubError } from '../errors.ts'
import { singleByteCharset } from './single-byte.ts'
import { utf8, utf16 } from './unicode.ts'

/** What to do with bytes that mean nothing in a charset, or with characters that it lacks. */
export type OnLoss = 'error' | 'replace'

/** A character set: bytes to UTF-8 and back. */
export interface Charset {
  readonly name: string
  /** Bytes of one code unit; line ends and NULs are as wide. */
  readonly unitBytes: 1 | 2
  /** Whether the high byte of a code unit comes first; of no meaning where a unit is one byte. */
  readonly bigEndian: boolean
  /**
   * @returns UTF-8; the same buffer where nothing changes
   * @throws HubError WIREHUB_ERR_MALFORMED that names the offset, unless `malformed` is 'replace' (U+FFFD then)
   */
  toUtf8(bytes: Buffer, malformed: OnLoss): Buffer
  /**
   * @throws HubError WIREHUB_ERR_MALFORMED when the input is no UTF-8, WIREHUB_ERR_UNMAPPABLE for a character that the charset
   *   lacks; unless `unmappable` is 'replace' (a question mark then, U+FFFD in Unicode)
   */
  fromUtf8(text: Buffer, unmappable: OnLoss): Buffer
  /** How many bytes at the end belong to a character whose other bytes have not come yet. */
  incompleteBytes(bytes: Buffer): number
}

const ALIASES: Readonly<Record<string, string>> = {
  utf8: 'utf-8',
  latin1: 'iso-8859-1',
  'latin-1': 'iso-8859-1',
  l1: 'iso-8859-1',
  latin9: 'iso-8859-15',
  cp1252: 'windows-1252',
  'us-ascii': 'ascii',
  utf16le: 'utf-16le',
  utf16be: 'utf-16be',
  'utf-16': 'utf-16le',
  ucs2: 'utf-16le',
}

const UNICODE: Readonly<Record<string, Charset>> = {
  'utf-8': utf8,
  'utf-16le': utf16('utf-16le', false),
  'utf-16be': utf16('utf-16be', true),
}

/**
 * Finds a charset by one of its names, in any case.
 * @throws HubError WIREHUB_ERR_CONFIG for a name that is not known
 */
export function charsetOf(label: string): Charset {
  const lower = label.trim().toLowerCase()
  const name = ALIASES[lower] ?? lower
  const found = Object.hasOwn(UNICODE, name) ? UNICODE[name] : singleByteCharset(name)
  if (found !== undefined) return found
  throw new HubError('WIREHUB_ERR_CONFIG', `No charset is named ${JSON.stringify(label)}.`, {
    cure: 'Known are utf-8, utf-16le, utf-16be, ascii, iso-8859-1 (latin1) to -16, windows-1250 to -1258, koi8-r, koi8-u, ibm866, macintosh.',
  })
}
