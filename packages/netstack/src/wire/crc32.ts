/** Slicing-by-4 tables of the reflected polynomial 0xedb88320 (IEEE 802.3 section 3.2.9). */
const TABLES: Uint32Array = new Uint32Array(1024)
for (let i = 0; i < 256; i++) {
  let value = i
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  TABLES[i] = value
}
for (let i = 0; i < 256; i++) {
  for (let slice = 1; slice < 4; slice++) {
    const before = TABLES[(slice - 1) * 256 + i]
    TABLES[slice * 256 + i] = (before >>> 8) ^ TABLES[before & 255]
  }
}

/** CRC-32 of bytes[start..end) as Ethernet's frame check sequence computes it; the FCS stands on the wire least significant byte first. */
export function crc32(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let crc = 0xffffffff
  let i = start
  for (; i + 4 <= end; i += 4) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)
    crc =
      TABLES[768 + (crc & 255)] ^
      TABLES[512 + ((crc >>> 8) & 255)] ^
      TABLES[256 + ((crc >>> 16) & 255)] ^
      TABLES[crc >>> 24]
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[i]) & 255]
  return ~crc >>> 0
}
