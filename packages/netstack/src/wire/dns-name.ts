import { WireError } from './error.ts'

/** RFC 1035 section 2.3.4. */
const LABEL_LIMIT_BYTES = 63
const NAME_LIMIT_BYTES = 255
/** So many labels fit into a name, and none needs more than one pointer to it. */
const POINTER_LIMIT = 127

function fail(message: string, offset = -1): never {
  throw new WireError('NETSTACK_ERR_WIRE_NAME', 'dns', message, offset)
}

function labelText(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) {
    const byte = bytes[i]
    if (byte === 0x2e || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte)
    else text += `\\${String(byte).padStart(3, '0')}`
  }
  return text
}

/**
 * The domain name at `at` of a message that begins at `start` and ends at `end`; compression (RFC 1035 section 4.1.4) is followed,
 * backwards only, so that it ends. The text has no last dot (the root is ''), and dots, backslashes and unprintable bytes in a
 * label escaped as RFC 4343 section 2.1 has it. `next` is where reading goes on. Throws WireError (NAME, TRUNCATED).
 */
export function readDnsName(bytes: Uint8Array, start: number, end: number, at: number): { name: string; next: number } {
  const labels: string[] = []
  let position = at
  let segment = at // a pointer must lead before the beginning of the part of the name that it stands in
  let next = -1
  let length = 1
  let pointers = 0
  for (;;) {
    if (position >= end)
      throw new WireError(
        'NETSTACK_ERR_WIRE_TRUNCATED',
        'dns',
        'the name runs past the end of the message',
        position - start,
      )
    const count = bytes[position]
    if (count >= 0xc0) {
      if (position + 2 > end)
        throw new WireError(
          'NETSTACK_ERR_WIRE_TRUNCATED',
          'dns',
          'the name runs past the end of the message',
          position - start,
        )
      if (next < 0) next = position + 2
      const target = start + (((count & 63) << 8) | bytes[position + 1])
      if (target >= segment) fail('a compression pointer does not lead backwards', position - start)
      if (++pointers > POINTER_LIMIT) fail('the name has more compression pointers than labels', position - start)
      position = target
      segment = target
      continue
    }
    if (count > LABEL_LIMIT_BYTES) fail(`label type ${count >>> 6} is not known`, position - start)
    if (count === 0) return { name: labels.join('.'), next: next < 0 ? position + 1 : next }
    length += count + 1
    if (length > NAME_LIMIT_BYTES) fail('the name is longer than 255 bytes', position - start)
    if (position + 1 + count > end)
      throw new WireError(
        'NETSTACK_ERR_WIRE_TRUNCATED',
        'dns',
        'a label runs past the end of the message',
        position - start,
      )
    labels.push(labelText(bytes, position + 1, position + 1 + count))
    position += 1 + count
  }
}

/** The labels of a name as bytes. Throws WireError (NAME). */
function splitDnsName(name: string): Uint8Array[] {
  if (name === '' || name === '.') return []
  const labels: Uint8Array[] = []
  let label: number[] = []
  const push = (): void => {
    if (label.length === 0) fail(`"${name}" has an empty label`)
    if (label.length > LABEL_LIMIT_BYTES) fail(`"${name}" has a label longer than 63 bytes`)
    labels.push(Uint8Array.from(label))
    label = []
  }
  for (let i = 0; i < name.length; i++) {
    const char = name[i]
    if (char === '.') {
      push()
      continue
    }
    const escaped = char === '\\' ? /^\\(\d{3}|[^0-9])/.exec(name.slice(i)) : undefined
    if (escaped === null) fail(`"${name}" ends in half an escape`)
    const byte =
      escaped === undefined
        ? name.charCodeAt(i)
        : escaped[1].length === 3
          ? Number(escaped[1])
          : escaped[1].charCodeAt(0)
    if (byte > 255) fail(`"${name}" has a character that is no byte; write it in Punycode`)
    label.push(byte)
    if (escaped !== undefined) i += escaped[1].length
  }
  if (label.length > 0 || !name.endsWith('.')) push()
  return labels
}

/**
 * The one text of a name, by which names are compared: lower case (RFC 4343), no last dot, escaped where it must be.
 * Throws WireError (NAME) for what is no name.
 */
export function canonicalDnsName(name: string): string {
  const labels = splitDnsName(name)
  if (labels.reduce((total, label) => total + label.length + 1, 1) > NAME_LIMIT_BYTES)
    fail(`"${name}" is longer than 255 bytes`)
  return labels
    .map((label) => labelText(label, 0, label.length))
    .join('.')
    .toLowerCase()
}

/** Writes names into a growing message and points back to the ends of names that stand there already. */
export class DnsNameWriter {
  readonly #places = new Map<string, number>()

  /** Appends the name to `out`, the message so far. Throws WireError (NAME). */
  write(out: number[], name: string, compress: boolean): void {
    const labels = splitDnsName(name)
    if (labels.reduce((total, label) => total + label.length + 1, 1) > NAME_LIMIT_BYTES)
      fail(`"${name}" is longer than 255 bytes`)
    for (let i = 0; i < labels.length; i++) {
      const key = labels
        .slice(i)
        .map((label) => labelText(label, 0, label.length))
        .join('.')
      const place = this.#places.get(key)
      if (compress && place !== undefined) {
        out.push(0xc0 | (place >>> 8), place & 255)
        return
      }
      if (place === undefined && out.length < 0x4000) this.#places.set(key, out.length)
      out.push(labels[i].length, ...labels[i])
    }
    out.push(0)
  }
}
