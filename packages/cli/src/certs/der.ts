/** ASN.1 values in DER. Source: ITU-T X.690; only what X.509 certificates need. */

const SEQUENCE = 0x30
const SET = 0x31

/** One value: tag, length, content. */
function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

// X.690 section 8.1.3: short form up to 127, else the number of octets that follow, with the high bit set.
function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return Buffer.from([0x80 | octets.length, ...octets])
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return tagged(SEQUENCE, ...contents)
}

export function set(...contents: readonly Uint8Array[]): Buffer {
  return tagged(SET, ...contents)
}

/** A positive integer from its octets, most significant first. X.690 section 8.3: in two's complement, as short as possible. */
export function integer(octets: Uint8Array): Buffer {
  let start = 0
  while (start < octets.length - 1 && octets[start] === 0) start++
  const shortest = octets.subarray(start)
  return tagged(0x02, ...(shortest[0] >= 0x80 ? [Buffer.from([0])] : []), shortest)
}

export function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]))
}

export function octetString(content: Uint8Array): Buffer {
  return tagged(0x04, content)
}

/** @param unused how many bits of the last octet do not count */
export function bitString(content: Uint8Array, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), content)
}

export function utf8String(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text))
}

/** An object identifier in dotted form. X.690 section 8.19: the first two numbers in one, each in groups of seven bits. */
export function objectIdentifier(dotted: string): Buffer {
  const [first, second, ...more] = dotted.split('.').map(Number)
  const octets = [first * 40 + second, ...more].flatMap((number) => {
    const groups = [number & 0x7f]
    for (let rest = number >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80)
    return groups
  })
  return tagged(0x06, Buffer.from(octets))
}

/** A moment, to the second. RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
export function time(moment: Date): Buffer {
  const digits = moment
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '')
  return moment.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits))
}

/** A value under a context-specific tag: constructed around others, or primitive in place of one. */
export function context(number: number, content: Uint8Array, form: 'constructed' | 'primitive'): Buffer {
  return tagged((form === 'constructed' ? 0xa0 : 0x80) | number, content)
}
