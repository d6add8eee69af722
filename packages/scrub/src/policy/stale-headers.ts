import type { HeaderBlock } from '../headers/block.ts'
import { EditList } from '../text/edits.ts'

/** Digests of a payload that is no longer the same (RFC 9530, RFC 1864). */
const digests: ReadonlySet<string> = new Set(['content-digest', 'repr-digest', 'digest', 'content-md5'])

/** The block without digests of the old payload and with its new length; undefined when it says neither. */
export function dropStaleHeaders(block: HeaderBlock, payloadBytes: number): Buffer | undefined {
  const edits = new EditList()
  for (let line = 0; line < block.count; line++) {
    const name = block.name(line).toLowerCase()
    if (digests.has(name)) edits.add(block.lineStart(line), block.lineEnd(line), '')
    else if (name === 'content-length') edits.add(block.valueStart(line), block.valueEnd(line), String(payloadBytes))
  }
  return edits.apply(block.bytes, 0, block.bytes.length)
}
