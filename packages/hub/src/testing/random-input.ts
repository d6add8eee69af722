/** Inputs for fuzzing: random bytes, and valid bytes with something done to them. */

type Random = () => number

/** What breaks parsers most: ends of ranges, delimiters, beginnings of longer things. */
const NASTY: readonly Buffer[] = [
  Buffer.from([0xff, 0xff, 0xff, 0xff]),
  Buffer.from([0x00, 0x00, 0x00, 0x00]),
  Buffer.from([0x7f, 0xff, 0xff, 0xff]),
  Buffer.from([0x80, 0x00, 0x00, 0x00]),
  Buffer.from('\r\n'),
  Buffer.from('\n\n'),
  Buffer.from('\0'),
  Buffer.from([0xc3]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from('"'),
  Buffer.from('\\u'),
  Buffer.from('[[[[[[[['),
  Buffer.from('{"__proto__":1}'),
  Buffer.from('-1'),
  Buffer.from('99999999999999999999'),
  Buffer.from('>'),
  Buffer.from('.*.'),
  Buffer.from(' '),
  Buffer.from('PUB a 1\r\nx\r\n'),
]

/** One input of up to some kilobytes. */
export function randomInput(random: Random, samples: readonly Buffer[]): Buffer {
  if (samples.length === 0 || random() < 0.1) return randomBytes(random, Math.floor(random() ** 4 * 4096))
  const parts: Buffer[] = []
  const count = 1 + Math.floor(random() * 3)
  for (let i = 0; i < count; i++) {
    const sample = samples[Math.floor(random() * samples.length)]
    parts.push(random() < 0.3 ? sample : mutated(random, sample))
  }
  return Buffer.concat(parts)
}

function randomBytes(random: Random, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count)
  for (let i = 0; i < count; i++) bytes[i] = random() * 256
  return bytes
}

function mutated(random: Random, sample: Buffer): Buffer {
  let bytes: Buffer = Buffer.from(sample)
  const times = 1 + Math.floor(random() * 4)
  for (let i = 0; i < times; i++) bytes = mutatedOnce(random, bytes)
  return bytes
}

function mutatedOnce(random: Random, bytes: Buffer): Buffer {
  const at = Math.floor(random() * (bytes.length + 1))
  const [front, back] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (Math.floor(random() * 6)) {
    case 0:
      if (at < bytes.length) bytes[at] ^= 1 << Math.floor(random() * 8)
      return bytes
    case 1:
      return front
    case 2:
      return Buffer.concat([front, NASTY[Math.floor(random() * NASTY.length)], back])
    case 3:
      return Buffer.concat([front, back.subarray(Math.floor(random() * back.length))])
    case 4:
      return Buffer.concat([front, back.subarray(0, 16), back])
    default:
      return Buffer.concat([front, randomBytes(random, Math.floor(random() * 32)), back])
  }
}
