/** Errors of text that cannot be turned from one form into another without loss. */
import { HubError } from '../errors.ts'

/** Bytes that mean nothing in their charset; names the offset and what stands there. */
export function malformed(charset: string, bytes: Buffer, offset: number): HubError {
  const shown = [...bytes.subarray(offset, offset + 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return new HubError('WIREHUB_ERR_MALFORMED', `Bytes ${shown} at offset ${offset} are no ${charset}.`, {
    place: `offset ${offset}`,
    cure: 'Name the charset that is really sent (charset=...), or let such bytes be replaced (malformed=replace).',
  })
}

/** A character that a charset lacks; the offset is that of its first byte in the UTF-8 text. */
export function unmappable(charset: string, character: string, offset: number): HubError {
  const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')
  return new HubError(
    'WIREHUB_ERR_UNMAPPABLE',
    `${charset} has no ${JSON.stringify(character)} (U+${code}), which stands at offset ${offset}.`,
    { place: `offset ${offset}`, cure: 'Choose a charset that has it, or let it be replaced (unmappable=replace).' },
  )
}
