import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headers, type Msg } from '@nats-io/transport-node'
import { messageAsJson, messageAsText } from './output.ts'

// What the printing looks at of a message; the rest of it belongs to a connection.
function message(data: string | Uint8Array, more: Partial<Msg> = {}): Msg {
  return { subject: 'orders.created', data: typeof data === 'string' ? Buffer.from(data) : data, ...more } as Msg
}

const at = new Date(2026, 0, 2, 10, 15, 2)

test('for a person: time, subject, payload; reply and headers on lines of their own', () => {
  assert.equal(messageAsText(message('{"id":1}'), at), '10:15:02 orders.created {"id":1}\n')
  const given = headers()
  given.append('Trace', '7')
  assert.equal(
    messageAsText(message('x', { reply: '_INBOX.1', headers: given }), at),
    '10:15:02 orders.created x\n         reply: _INBOX.1\n         Trace: 7\n',
  )
})

test("control characters of a payload do not steer the reader's terminal; bytes are shown as bytes", () => {
  assert.equal(messageAsText(message('a\x1b[2Jb\x07'), at), '10:15:02 orders.created a\\x1b[2Jb\\x07\n')
  assert.equal(messageAsText(message(Buffer.from([255, 0, 1])), at), '10:15:02 orders.created 3 bytes: ff0001\n')
})

test('for a program: JSON as it is, text and bytes with the encoding said', () => {
  assert.deepEqual(JSON.parse(messageAsJson(message('{"id":1}'))), { subject: 'orders.created', data: { id: 1 } })
  assert.deepEqual(JSON.parse(messageAsJson(message('hi'))), {
    subject: 'orders.created',
    encoding: 'text',
    data: 'hi',
  })
  assert.deepEqual(JSON.parse(messageAsJson(message(Buffer.from([255])))), {
    subject: 'orders.created',
    encoding: 'base64',
    data: '/w==',
  })
})
