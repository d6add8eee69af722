/** The lines that the hub writes: `ok`, `err`, `msg`. */
import { parseHeaders } from '../../core/headers.ts'
import type { Message } from '../../core/message.ts'
import type { HubError } from '../../errors.ts'
import type { ClientId } from './operation.ts'
import { dataMembers, type Encoding } from './payload.ts'

/** `{"op":"ok"}`, with what else there is to say. */
export function okLine(id: ClientId | undefined, more: Record<string, unknown> = {}): Buffer {
  return Buffer.from(`${JSON.stringify({ op: 'ok', id, ...more })}\n`)
}

/** `{"op":"err","code":...,"message":...}`, with place and cure where they are known. */
export function errorLine(id: ClientId | undefined, error: HubError): Buffer {
  const { code, message, place, cure } = error
  return Buffer.from(`${JSON.stringify({ op: 'err', id, code, message, place, cure })}\n`)
}

/** What stands before the subscription's id in a message line. */
export const MESSAGE_HEAD = '{"op":"msg","id":'
const END = Buffer.from('}\n')

/** `{"op":"msg",...}` for a delivered message. */
export function messageLine(message: Message, idJson: string | undefined, wanted: Encoding | undefined): Buffer {
  let head = idJson === undefined ? '{"op":"msg"' : MESSAGE_HEAD + idJson
  head += `,"subject":${JSON.stringify(message.subject)}`
  if (message.hasReply) head += `,"reply":${JSON.stringify(message.reply)}`
  let contentType: string | undefined
  if (message.hasHeaders) {
    const { status, description, entries } = parseHeaders(message.headers)
    if (status !== undefined) head += `,"status":${status},"description":${JSON.stringify(description)}`
    if (entries.length > 0) head += `,"headers":${headersJson(entries)}`
    contentType = entries.find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  }
  return Buffer.concat([Buffer.from(head), dataMembers(message.payload, contentType, wanted), END])
}

// By hand: a header named __proto__ is a header like any other.
function headersJson(entries: readonly (readonly [string, string])[]): string {
  const values = new Map<string, string[]>()
  for (const [name, value] of entries) {
    const list = values.get(name)
    if (list === undefined) values.set(name, [value])
    else list.push(value)
  }
  const parts = [...values].map(
    ([name, list]) => `${JSON.stringify(name)}:${JSON.stringify(list.length === 1 ? list[0] : list)}`,
  )
  return `{${parts.join(',')}}`
}
