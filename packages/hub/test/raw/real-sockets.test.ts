/** Raw listeners on the kernel's TCP: TLS, half-closes and resets as they really are. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { gzipSync } from 'node:zlib'
import { createHub, type Hub } from '@wirehub/hub'
import { NodeTlsTerminator } from '../../src/edge/tls.ts'

const pem = (name: string): string => readFileSync(new URL(`../nats/fixtures/tls/${name}.pem`, import.meta.url), 'utf8')

async function hubFor(t: TestContext, ...listen: string[]): Promise<{ hub: Hub; port: number }> {
  const hub = await createHub({ listen })
  t.after(() => hub.close())
  return { hub, port: hub.addresses[0]?.port ?? 0 }
}

/** Everything that a socket has been sent so far, and a wait until that is enough. */
class Reader {
  got: Buffer = Buffer.alloc(0)
  readonly #socket: net.Socket

  constructor(socket: net.Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.got = Buffer.concat([this.got, chunk])
    })
  }

  async until(part: Buffer): Promise<void> {
    while (!this.got.includes(part)) await once(this.#socket, 'data')
  }
}

test("'Zoë' and '✓' between Latin-1 with NULs and UTF-16LE with lengths and gzip, over TLS", async (t) => {
  const { hub } = await hubFor(t)
  const terminator = new NodeTlsTerminator({ cert: pem('server'), key: pem('server-key') })
  const urls = [
    'raw://127.0.0.1:0?framing=nul&charset=latin1&in=a&out=b&unmappable=replace',
    'raw://127.0.0.1:0?framing=length&lengthBytes=2&charset=utf-16le&coding=gzip&in=b&out=a',
  ]
  const sockets: tls.TLSSocket[] = []
  for (const url of urls) {
    const { port } = await hub.core.listen(url, {}, terminator)
    const socket = tls.connect({ host: 'localhost', port: port as number, ca: pem('ca') })
    t.after(() => socket.destroy())
    await once(socket, 'secureConnect')
    sockets.push(socket)
  }
  const [latin, wide] = sockets
  const readers = sockets.map((socket) => new Reader(socket))
  const frame = (text: string): Buffer => {
    const body = gzipSync(Buffer.from(text, 'utf16le'))
    return Buffer.concat([Buffer.of(body.length >> 8, body.length & 0xff), body])
  }
  // TLS is done before the hub has read anything: each is subscribed once it has been heard.
  const heardBoth = Promise.all(
    ['a', 'b'].map((subject) => new Promise<void>((resolve) => void hub.subscribe(subject, () => resolve()))),
  )
  latin.write(Buffer.from('hello\0'))
  wide.write(frame('hello'))
  await heardBoth
  latin.write(Buffer.from('Zoë\0', 'latin1'))
  await readers[1].until(frame('Zoë'))
  wide.write(Buffer.concat([frame('Zoë'), frame('✓')]))
  await readers[0].until(Buffer.from('Zoë\0?\0', 'latin1'))
})

test('whole connection: FIN publishes, and the answer comes back before the other FIN', async (t) => {
  const { hub, port } = await hubFor(t, 'raw://127.0.0.1:0?framing=whole')
  hub.subscribe('tcp.in', (message) => void hub.publish(message.reply as string, `${message.data.length} bytes`))
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end(Buffer.alloc(500_000, 'x'))
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  assert.equal(Buffer.concat(chunks).toString(), '500000 bytes')
})

test('whole connection: a reset publishes nothing and leaves a dead letter with the byte count', async (t) => {
  const { hub, port } = await hubFor(t, 'raw://127.0.0.1:0?framing=whole')
  const seen: string[] = []
  hub.subscribe('tcp.in', (message) => seen.push(message.text()))
  const letter = new Promise<string | undefined>((resolve) => {
    hub.subscribe('$HUB.DLQ.tcp.in', (message) => resolve(message.headers.get('Dead-Letter-Bytes')))
  })
  const socket = net.connect(port, '127.0.0.1')
  socket.write(Buffer.alloc(100_000))
  while ([...hub.core.connections.values()][0]?.codec.bufferedBytes !== 100_000) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  socket.resetAndDestroy()
  assert.equal(await letter, '100000')
  assert.deepEqual(seen, [])
})
