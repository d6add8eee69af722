import assert from 'node:assert/strict'
import { type Bout, until } from './bout.ts'
import type { PeerSocket } from './hosts.ts'

/** Bytes of which no two neighbouring blocks are equal. */
export function pattern(length: number): Uint8Array {
  return new Uint8Array(length).map((_, index) => (index * 7 + (index >> 8)) & 0xff)
}

/** Sends everything as fast as there is room while the other end reads; returns what was read. */
export async function transfer(
  bout: Bout | undefined,
  from: PeerSocket,
  to: PeerSocket,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const got: Uint8Array[] = []
  let sent = 0
  let received = 0
  await until(
    () => {
      if (sent < bytes.length) {
        const taken = from.send(bytes.subarray(sent, sent + 65_536))
        assert.equal(typeof taken, 'number', String(taken))
        sent += taken as number
      }
      const piece = to.receive(262_144)
      assert.notEqual(typeof piece, 'string', String(piece))
      got.push(piece as Uint8Array)
      received += piece.length
      return received === bytes.length
    },
    `${bytes.length} bytes`,
    bout,
  )
  return Buffer.concat(got)
}
