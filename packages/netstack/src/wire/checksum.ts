// The Internet checksum (RFC 1071): the ones' complement of the ones' complement sum of 16-bit words.
// The sum does not care about byte order (RFC 1071 section 2 (B)), so whole 32-bit words of the machine are added and the
// result is swapped once. A double holds the sum of two million such words exactly: no carries are folded inside the loop.

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1
/** Words summed before the accumulators are folded: a double counts 2^21 of them exactly. */
const BLOCK_WORDS = 1 << 20
/** Larger buffers get a view of their own each time, so that the cache below never keeps one alive. */
const CACHED_BUFFER_LIMIT_BYTES = 1 << 22

const NO_WORDS = new Uint32Array(0)
const cachedBuffers: (ArrayBufferLike | undefined)[] = [undefined, undefined, undefined, undefined]
const cachedWords: Uint32Array[] = [NO_WORDS, NO_WORDS, NO_WORDS, NO_WORDS]
let nextCached = 0
let firstBuffer: ArrayBufferLike | undefined
let firstWords: Uint32Array = NO_WORDS

/** The words of a whole buffer. Frames live in few slabs, so a handful of views, kept, makes this free of allocation. */
function wordsOf(buffer: ArrayBufferLike): Uint32Array {
  if (buffer === firstBuffer) return firstWords
  for (let i = 0; i < 4; i++) {
    if (cachedBuffers[i] === buffer) {
      firstBuffer = buffer
      return (firstWords = cachedWords[i])
    }
  }
  const words = new Uint32Array(buffer, 0, buffer.byteLength >>> 2)
  if (buffer.byteLength <= CACHED_BUFFER_LIMIT_BYTES) {
    cachedBuffers[nextCached] = buffer
    cachedWords[nextCached] = words
    nextCached = (nextCached + 1) & 3
    firstBuffer = buffer
    firstWords = words
  }
  return words
}

/** Adds words[from..to) without folding; pairwise additions and two accumulators keep the floating-point units busy. */
function sumWords(words: Uint32Array, from: number, to: number): number {
  let a = 0
  let b = 0
  let i = from
  for (const last = to - 7; i < last; i += 8) {
    a += words[i] + words[i + 1] + (words[i + 2] + words[i + 3])
    b += words[i + 4] + words[i + 5] + (words[i + 6] + words[i + 7])
  }
  for (; i < to; i++) a += words[i]
  return a + b
}

/** Folds any non-negative sum below 2^53 to 16 bits with end-around carry. */
export function foldChecksum(sum: number): number {
  const high = Math.floor(sum / 0x100000000)
  const low = sum - high * 0x100000000
  let folded = (high & 0xffff) + (high >>> 16) + (low & 0xffff) + (low >>> 16)
  folded = (folded & 0xffff) + (folded >>> 16)
  return (folded & 0xffff) + (folded >>> 16)
}

/**
 * The ones' complement sum of bytes[start..end), folded to 16 bits, added to `initial` (a sum from this function, of an
 * even number of bytes). An odd last byte counts as the high half of a word whose low half is zero.
 */
export function checksumAdd(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  if (end - start < 8) return sumShort(bytes, start, end, initial)
  return sumRange(bytes, wordsOf(bytes.buffer), bytes.byteOffset, start, end, initial)
}

/**
 * {@link checksumAdd} for memory whose words are at hand: `words` spans the same memory as `bytes`, from its first byte, which
 * stands at a multiple of 4. For frames: nothing is looked up or allocated however many slabs there are.
 */
export function checksumAddWords(
  bytes: Uint8Array,
  words: Uint32Array,
  start: number,
  end: number,
  initial = 0,
): number {
  return sumRange(bytes, words, 0, start, end, initial)
}

/** A few bytes, in wire order, without the words. */
function sumShort(bytes: Uint8Array, start: number, end: number, initial: number): number {
  let sum = initial
  let index = start
  for (; index + 1 < end; index += 2) sum += (bytes[index] << 8) | bytes[index + 1]
  if (index < end) sum += bytes[index] << 8
  sum = (sum & 0xffff) + (sum >>> 16)
  return (sum & 0xffff) + (sum >>> 16)
}

/** `base` is the place of bytes[0] in the memory that `words` spans. */
function sumRange(
  bytes: Uint8Array,
  words: Uint32Array,
  base: number,
  start: number,
  end: number,
  initial: number,
): number {
  let length = end - start
  if (length <= 0) return initial
  let index = start
  const odd = ((base + start) & 1) !== 0
  let sum = 0 // in machine order, shifted by one byte when the start is odd
  if (odd) {
    sum += LITTLE_ENDIAN ? bytes[index] << 8 : bytes[index]
    index++
    length--
  }
  if (length >= 2 && ((base + index) & 2) !== 0) {
    sum += LITTLE_ENDIAN ? bytes[index] | (bytes[index + 1] << 8) : (bytes[index] << 8) | bytes[index + 1]
    index += 2
    length -= 2
  }
  const wordCount = length >>> 2
  if (wordCount > 0) {
    const from = (base + index) >>> 2
    if (wordCount <= BLOCK_WORDS) sum += sumWords(words, from, from + wordCount)
    else {
      for (let done = 0; done < wordCount; done += BLOCK_WORDS) {
        sum = foldChecksum(sum + sumWords(words, from + done, from + Math.min(wordCount, done + BLOCK_WORDS)))
      }
    }
    index += wordCount << 2
    length &= 3
  }
  if (length >= 2) {
    sum += LITTLE_ENDIAN ? bytes[index] | (bytes[index + 1] << 8) : (bytes[index] << 8) | bytes[index + 1]
    index += 2
    length -= 2
  }
  if (length === 1) sum += LITTLE_ENDIAN ? bytes[index] : bytes[index] << 8
  let folded = foldChecksum(sum)
  if (odd !== LITTLE_ENDIAN) folded = ((folded & 255) << 8) | (folded >>> 8)
  const total = folded + initial
  return (total & 0xffff) + (total >>> 16)
}

/** The Internet checksum of bytes[start..end) on top of `initial`, a sum such as that of a pseudo-header. Verifying gives 0. */
export function checksum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  return ~checksumAdd(bytes, start, end, initial) & 0xffff
}

/** Sum of the IPv4 pseudo-header (RFC 9293 section 3.1): addresses as 32-bit numbers, `length` of header and data in bytes. */
export function pseudoHeaderSum4(source: number, destination: number, protocol: number, length: number): number {
  const sum =
    (source >>> 16) +
    (source & 0xffff) +
    (destination >>> 16) +
    (destination & 0xffff) +
    protocol +
    (length >>> 16) +
    (length & 0xffff)
  return foldChecksum(sum)
}

/**
 * Sum of the IPv6 pseudo-header (RFC 8200 section 8.1). `addresses` holds source and destination, 32 bytes side by side at
 * `offset`, as they stand in the IPv6 header.
 */
export function pseudoHeaderSum6(addresses: Uint8Array, offset: number, nextHeader: number, length: number): number {
  const sum = checksumAdd(addresses, offset, offset + 32)
  return foldChecksum(sum + nextHeader + (length >>> 16) + (length & 0xffff))
}

/**
 * The checksum after one 16-bit word of what it covers has changed from `before` to `after` (RFC 1624, equation 3):
 * a router that counts the TTL down needs no second pass over the header.
 */
export function checksumUpdate(current: number, before: number, after: number): number {
  return ~foldChecksum((~current & 0xffff) + (~before & 0xffff) + after) & 0xffff
}
