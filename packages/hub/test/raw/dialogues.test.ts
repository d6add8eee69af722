/** What a raw listener makes of bytes, however they are cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { memoryHub } from '../support/memory-hub.ts'

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')
const prefixed = (bytes: 1 | 2 | 4, order: 'BE' | 'LE', body: Buffer, itself = false): Buffer => {
  const head = Buffer.alloc(bytes)
  const said = body.length + (itself ? bytes : 0)
  if (order === 'BE') head.writeUIntBE(said, 0, bytes)
  else head.writeUIntLE(said, 0, bytes)
  return Buffer.concat([head, body])
}
const all = Buffer.concat

interface Dialogue {
  query: string
  wire: Buffer
  messages: string[]
}

const dialogues: Record<string, Dialogue> = {
  'lines of text, LF and CRLF, the last one unended': {
    query: '?framing=newline',
    wire: Buffer.from('one\ntwo ✓\r\n\nfour\r'),
    messages: ['one', 'two ✓', '', 'four'],
  },
  'lines of JSON: empty ones are passed over, bytes stay as they are': {
    query: '?framing=newline&codec=json',
    wire: Buffer.from('{"a": 1.0}\n\n[]\r\n12345678901234567890\n'),
    messages: ['{"a": 1.0}', '[]', '12345678901234567890'],
  },
  'lines of UTF-16LE, with characters that have a line feed byte in them': {
    query: '?framing=newline&charset=utf-16le',
    wire: utf16('Ċਊ\nZoë \u{1f600}\r\nend\n'),
    messages: ['Ċਊ', 'Zoë \u{1f600}', 'end'],
  },
  'lines of UTF-16BE': {
    query: '?framing=newline&charset=utf-16be',
    wire: utf16('Ċਊ\nZoë\r\n').swap16(),
    messages: ['Ċਊ', 'Zoë'],
  },
  'NUL-terminated Latin-1': {
    query: '?framing=nul&charset=latin1',
    wire: Buffer.from('Zoë\0caf\xe9\nau lait\0', 'latin1'),
    messages: ['Zoë', 'café\nau lait'],
  },
  'NUL-terminated UTF-16LE, with characters that have a zero byte in them': {
    query: '?framing=nul&charset=utf-16le',
    wire: utf16('aĀ\0b\0'),
    messages: ['aĀ', 'b'],
  },
  'length in one byte': {
    query: '?framing=length&lengthBytes=1',
    wire: all([
      prefixed(1, 'BE', Buffer.from('a')),
      prefixed(1, 'BE', Buffer.alloc(0)),
      prefixed(1, 'BE', Buffer.from('✓')),
    ]),
    messages: ['a', '', '✓'],
  },
  'length in two bytes, little endian, counting itself': {
    query: '?framing=length&lengthBytes=2&byteOrder=little&lengthIncludesItself=true',
    wire: all([prefixed(2, 'LE', Buffer.from('one'), true), prefixed(2, 'LE', Buffer.from('x'.repeat(300)), true)]),
    messages: ['one', 'x'.repeat(300)],
  },
  'length in four bytes, big endian, JSON': {
    query: '?framing=length&codec=json',
    wire: all([prefixed(4, 'BE', Buffer.from('{"a":\n1}')), prefixed(4, 'BE', Buffer.from('null'))]),
    messages: ['{"a":\n1}', 'null'],
  },
  'length, UTF-16LE, gzip': {
    query: '?framing=length&lengthBytes=2&charset=utf-16le&coding=gzip',
    wire: all(['Zoë', '✓'].map((text) => prefixed(2, 'BE', gzipSync(utf16(text))))),
    messages: ['Zoë', '✓'],
  },
  'length, brotli': {
    query: '?framing=length&coding=br',
    wire: prefixed(4, 'BE', brotliCompressSync(Buffer.from('compressed'))),
    messages: ['compressed'],
  },
  'length, zstd': {
    query: '?framing=length&coding=zstd',
    wire: prefixed(4, 'BE', zstdCompressSync(Buffer.from('compressed'))),
    messages: ['compressed'],
  },
  'bytes that are no text': {
    query: '?framing=newline&codec=bytes',
    wire: Buffer.from('\xff\xfe\0\n\xc3\n', 'latin1'),
    messages: [Buffer.from('\xff\xfe\0', 'latin1').toString('latin1'), '\xc3'],
  },
  'the whole connection': {
    query: '?framing=whole&charset=windows-1252',
    wire: Buffer.from([0x80, 0x20, 0x31, 0x30, 0x0a, 0x99]),
    messages: ['€ 10\n™'],
  },
}

for (const [name, { query, wire, messages }] of Object.entries(dialogues)) {
  test(`${name}: the same messages wherever the bytes are cut`, async () => {
    const { world, connect, watch } = await memoryHub(`raw://127.0.0.1:0${query}`)
    const seen = watch('tcp.in')
    const encoding = query.includes('codec=bytes') ? 'latin1' : 'utf8'
    for (let cut = 0; cut <= wire.length; cut++) {
      seen.length = 0
      const socket = connect()
      for (const part of [wire.subarray(0, cut), wire.subarray(cut)]) {
        socket.write(part)
        world.run()
      }
      socket.end()
      world.run()
      assert.deepEqual(
        seen.map((message) => message.data.toString(encoding)),
        messages,
        `cut at ${cut}`,
      )
    }
    seen.length = 0
    const socket = connect()
    for (const byte of wire) {
      socket.write(Buffer.from([byte]))
      world.run()
    }
    socket.end()
    world.run()
    assert.deepEqual(
      seen.map((message) => message.data.toString(encoding)),
      messages,
      'byte by byte',
    )
  })
}

test('chunks: each read is a message, but a character that is cut in two stays whole', async () => {
  const { world, connect, watch } = await memoryHub('raw://127.0.0.1:0?framing=chunk')
  const seen = watch('tcp.in')
  const wire = Buffer.from('Zoë ✓ \u{1f600}!')
  for (let cut = 1; cut < wire.length; cut++) {
    seen.length = 0
    const socket = connect()
    for (const part of [wire.subarray(0, cut), wire.subarray(cut)]) {
      socket.write(part)
      world.run()
    }
    assert.equal(seen.map((message) => message.text()).join(''), 'Zoë ✓ \u{1f600}!')
    assert.ok(!seen.some((message) => message.text().includes('\ufffd')))
    socket.destroy()
  }
})

test("what is published on 'out' goes to every socket, below it to one, on an inbox to its owner, in one write", async () => {
  const { world, hub, connect, watch } = await memoryHub('raw://127.0.0.1:0?framing=newline&newline=crlf')
  const seen = watch('tcp.in')
  const [one, other] = [connect(), connect()]
  one.write('who am I?\n')
  world.run()
  const ids = [...hub.core.connections.keys()]
  assert.equal(hub.publish('tcp.out', 'all'), 2)
  assert.equal(hub.publish(`tcp.out.${ids[1]}`, 'the other'), 1)
  world.run()
  const writes = one.writes
  hub.publish(seen[0].reply as string, 'you')
  hub.publish(seen[0].reply as string, 'alone')
  world.run()
  assert.equal(one.takeText(), 'all\r\nyou\r\nalone\r\n')
  assert.equal(other.takeText(), 'all\r\nthe other\r\n')
  assert.equal(one.writes, writes + 1)
  assert.match(seen[0].reply as string, /^_INBOX\.[\w-]{22}$/)
})

test("'Zoë' and '✓' between a NUL-terminated Latin-1 program and one with length-prefixed UTF-16LE in gzip", async () => {
  const { world, connect, watch } = await memoryHub([
    'raw://127.0.0.1:0?framing=nul&charset=latin1&in=a&out=b&unmappable=replace',
    'raw://127.0.0.1:0?framing=length&lengthBytes=2&charset=utf-16le&coding=gzip&in=b&out=a',
  ])
  const letters = watch('$HUB.DLQ.>')
  const [latin, wide] = [connect(0), connect(1)]
  latin.write(Buffer.from('Zoë\0', 'latin1'))
  world.run()
  assert.deepEqual(wide.received, prefixed(2, 'BE', gzipSync(utf16('Zoë'))))
  wide.write(all(['Zoë', '✓'].map((text) => prefixed(2, 'BE', gzipSync(utf16(text))))))
  world.run()
  // Latin-1 has no check mark; this listener marks what it lacks.
  assert.deepEqual(latin.received, Buffer.from('Zoë\0?\0', 'latin1'))
  assert.deepEqual(letters, [])
})

test('what a charset lacks is an error by default: not delivered, named in a dead letter', async () => {
  const { world, hub, connect, watch } = await memoryHub('raw://127.0.0.1:0?framing=nul&charset=latin1')
  const letters = watch('$HUB.DLQ.>')
  const socket = connect()
  world.run()
  hub.publish('tcp.out', 'Zoë ✓')
  hub.publish('tcp.out', 'plain')
  world.run()
  assert.deepEqual(socket.received, Buffer.from('plain\0'))
  assert.equal(letters.length, 1)
  assert.equal(letters[0].subject, '$HUB.DLQ.tcp.out')
  assert.equal(letters[0].headers.get('Dead-Letter-Reason'), 'undeliverable')
  assert.match(
    letters[0].headers.get('Dead-Letter-Error') as string,
    /iso-8859-1 has no "\?" \(U\+2713\)|U\+2713.* offset 5/,
  )
})

test('malformed text is named with its offset, and the frames after it are good', async () => {
  const { world, connect, watch } = await memoryHub('raw://127.0.0.1:0?framing=newline')
  const [seen, letters] = [watch('tcp.in'), watch('$HUB.DLQ.>')]
  const socket = connect()
  socket.write(Buffer.from('fine\nbad \xc3\x28\nfine again\n', 'latin1'))
  world.run()
  assert.deepEqual(
    seen.map((message) => message.text()),
    ['fine', 'fine again'],
  )
  assert.equal(letters[0].headers.get('Dead-Letter-Reason'), 'malformed')
  assert.match(letters[0].headers.get('Dead-Letter-Error') as string, /offset 4 are no utf-8/)
  assert.equal(socket.closed, false)
})

test('a message that holds the delimiter of its frame is refused, spaced or sent, by option', async () => {
  const texts: Record<string, string> = { refuse: 'ends\n', space: 'a b\nends\n', send: 'a\nb\nends\n' }
  for (const [option, expected] of Object.entries(texts)) {
    const { world, hub, connect } = await memoryHub(`raw://127.0.0.1:0?framing=newline&delimiter=${option}`)
    const socket = connect()
    world.run()
    hub.publish('tcp.out', 'a\nb')
    hub.publish('tcp.out', 'ends\n')
    world.run()
    assert.equal(socket.takeText(), expected, option)
  }
})

test('JSON with line breaks goes out on one line', async () => {
  const { world, hub, connect } = await memoryHub('raw://127.0.0.1:0?framing=newline&codec=json')
  const socket = connect()
  world.run()
  hub.publish('tcp.out', Buffer.from('{\n  "a": "x\\ny"\r\n}'))
  world.run()
  assert.equal(socket.takeText(), '{   "a": "x\\ny"  }\n')
})
