import { decryptText, type KeyRing, openMark } from '../actions/keyring.ts'
import { EditList } from '../text/edits.ts'
import { asBuffer } from './names.ts'
import { JsonTape, KEY, KIND_MASK, STRIDE, STRING } from './tape.ts'

/**
 * A payload with everything decrypted that `encrypt` wrote and a key of the ring opens: in JSON, numbers and objects are
 * that again, in text it is text. What cannot be opened stays. The same bytes when nothing was encrypted.
 */
export function decryptPayload(payload: Uint8Array, keys: KeyRing): Uint8Array {
  if (!asBuffer(payload).includes('scrub~e~')) return payload
  const tape = new JsonTape()
  if (!tape.parse(payload, 0, payload.length)) return Buffer.from(decryptText(asBuffer(payload).toString(), keys))
  const edits = new EditList()
  const { tokens } = tape
  for (let index = 0; index < tape.count * STRIDE; index += STRIDE) {
    const kind = tokens[index] & KIND_MASK
    if (kind !== STRING && kind !== KEY) continue
    const raw = asBuffer(payload).toString('utf8', tokens[index + 1], tokens[index + 2])
    if (!raw.includes('scrub~e~')) continue
    const text = JSON.parse(raw) as string
    const opened = kind === STRING ? openMark(text, keys) : undefined
    const plain = opened?.isJson === true ? opened.text : JSON.stringify(opened?.text ?? decryptText(text, keys))
    if (plain !== raw) edits.add(tokens[index + 1], tokens[index + 2], plain)
  }
  return edits.apply(payload, 0, payload.length) ?? payload
}
