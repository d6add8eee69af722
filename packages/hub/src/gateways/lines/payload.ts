/**
 * How payloads stand in lines. The rule is total (every payload has a form) and reversible (publishing `data`, `encoding` and `headers` of a
 * delivered line gives the payload that was published, but for line breaks between JSON tokens):
 *
 * | payload                                        | data                | encoding |
 * | ---------------------------------------------- | ------------------- | -------- |
 * | empty                                          | absent              |          |
 * | JSON, but no string                            | the value           |          |
 * | a JSON string                                  | the string          | json     |
 * | other UTF-8, or with `Content-Type: text/...`  | the text            |          |
 * | other bytes, or `application/octet-stream`     | base64              | base64   |
 */

import { HubError } from '../../errors.ts'
import { isJsonText, onOneLine } from '../../presentation/json.ts'
import { firstMalformedUtf8 } from '../../presentation/unicode.ts'

/** How `data` is to be understood where its JSON type does not tell. */
export const encodings = ['json', 'text', 'base64'] as const
export type Encoding = (typeof encodings)[number]

/** The header that says text where the payload could be read as JSON; the embedded API writes and reads the same. */
const TEXT_TYPE = 'text/plain; charset=utf-8'
const BINARY_TYPE = 'application/octet-stream'

/** A payload and the content type it needs, if any. */
export interface EncodedData {
  readonly payload: Buffer
  readonly contentType: string | undefined
}

const EMPTY: EncodedData = { payload: Buffer.alloc(0), contentType: undefined }

/**
 * The payload that `data` and `encoding` of a line stand for.
 * @param value `data`, parsed; undefined when absent
 * @param source gives the text of `data` as it stands in the line
 * @throws HubError WIREHUB_ERR_MALFORMED when they do not go together
 */
export function payloadOf(value: unknown, source: () => string, encoding: Encoding | undefined): EncodedData {
  if (value === undefined) return EMPTY
  if (encoding === 'json' || (encoding === undefined && typeof value !== 'string')) {
    return { payload: Buffer.from(source()), contentType: undefined }
  }
  if (typeof value !== 'string') throw mismatch(`"encoding":"${encoding}" wants "data" to be a string.`)
  if (encoding === 'base64') return { payload: base64(value), contentType: undefined }
  if (!value.isWellFormed()) throw mismatch('"data" has half a surrogate pair, which no UTF-8 can hold.')
  const ambiguous = value === '' || isJsonText(value)
  return { payload: Buffer.from(value), contentType: ambiguous ? TEXT_TYPE : undefined }
}

function base64(text: string): Buffer {
  // Buffer.from passes over what is no base64: data would be lost without a word.
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 === 1) throw mismatch('"data" is no base64.')
  return Buffer.from(text, 'base64')
}

function mismatch(sentence: string): HubError {
  return new HubError('WIREHUB_ERR_MALFORMED', sentence, {
    cure: 'Leave "encoding" away for JSON and text; send bytes as base64 with "encoding":"base64".',
  })
}

const NOTHING = Buffer.alloc(0)
const AS_BASE64 = Buffer.from(',"encoding":"base64"')
const AS_JSON = Buffer.from(',"encoding":"json"')
const DATA = Buffer.from(',"data":')

/**
 * `,"data":...` and, where needed, `,"encoding":...` of a payload; nothing for an empty one.
 * @param wanted `text` and `base64` ask for that form where there is a choice
 */
export function dataMembers(payload: Buffer, contentType: string | undefined, wanted: Encoding | undefined): Buffer {
  const isText = contentType?.startsWith('text/') === true
  if (payload.length === 0) return isText ? Buffer.from(',"data":""') : NOTHING
  if (wanted === 'base64' || contentType?.startsWith(BINARY_TYPE) === true || firstMalformedUtf8(payload) >= 0) {
    return Buffer.concat([DATA, Buffer.from(`"${payload.toString('base64')}"`), AS_BASE64])
  }
  const text = payload.toString('utf8')
  if (isText || wanted === 'text' || !isJsonText(text)) return Buffer.from(`,"data":${JSON.stringify(text)}`)
  const value = onOneLine(payload)
  return /^\s*"/.test(text) ? Buffer.concat([DATA, value, AS_JSON]) : Buffer.concat([DATA, value])
}
