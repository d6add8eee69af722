/** What commands print: data on stdout, everything else on stderr. */
import { styleText } from 'node:util'
import type { Msg } from '@nats-io/transport-node'

/** Whether stdout is read by a person. */
export function isTerminal(): boolean {
  return process.stdout.isTTY === true
}

/** Styles for a terminal; plain where there is none or NO_COLOR is set. */
export function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout, validateStream: true })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A message as one JSON object: data is the JSON value, or text, or base64 with `encoding` saying so. */
export function messageAsJson(message: Msg): string {
  const text = textOf(message.data)
  const row: Record<string, unknown> = { subject: message.subject }
  if (message.reply) row.reply = message.reply
  if (message.headers !== undefined) {
    row.headers = Object.fromEntries(
      [...message.headers].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
    )
  }
  if (text === undefined) {
    row.encoding = 'base64'
    row.data = Buffer.from(message.data).toString('base64')
  } else if (isJson(text)) {
    // As it came, so that numbers keep their digits and it can be sent again; line breaks in JSON stand between tokens only.
    return `${JSON.stringify(row).slice(0, -1)},"data":${text.replace(/[\r\n]/g, ' ').trim()}}\n`
  } else {
    row.encoding = 'text'
    row.data = text
  }
  return `${JSON.stringify(row)}\n`
}

/** A text whose control characters cannot steer the reader's terminal. */
export function printable(text: string): string {
  return text.replace(
    /[\0-\x08\x0b-\x1f\x7f\x80-\x9f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

/** A payload for a person; of what is no text the beginning, in hexadecimal digits. */
export function payloadAsText(data: Uint8Array): string {
  const text = textOf(data)
  if (text !== undefined) return printable(text)
  return paint('yellow', `${data.length} bytes: ${Buffer.from(data.subarray(0, 32)).toString('hex')}`)
}

/** A message for a person: time, subject, payload; headers and reply on lines of their own. */
export function messageAsText(message: Msg, now: Date): string {
  const time = paint('dim', now.toTimeString().slice(0, 8))
  let lines = `${time} ${paint('cyan', message.subject)} ${payloadAsText(message.data)}\n`
  if (message.reply) lines += `         ${paint('dim', `reply: ${message.reply}`)}\n`
  for (const [name, values] of message.headers ?? []) {
    lines += `         ${paint('dim', `${name}: ${values.join(', ')}`)}\n`
  }
  return lines
}
