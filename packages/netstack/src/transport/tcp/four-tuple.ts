import type { AddressWords } from './types.ts'

/** Words of a keyed hash's message that name a connection. */
export const FOUR_TUPLE_WORDS = 9

/** Writes local and remote address and both ports to the first {@link FOUR_TUPLE_WORDS} words. */
export function writeFourTuple(
  words: Int32Array,
  local: AddressWords,
  localPort: number,
  remote: AddressWords,
  remotePort: number,
): void {
  words[0] = local.w0
  words[1] = local.w1
  words[2] = local.w2
  words[3] = local.w3
  words[4] = remote.w0
  words[5] = remote.w1
  words[6] = remote.w2
  words[7] = remote.w3
  words[8] = (localPort << 16) | remotePort
}
