/** What is planted in a message comes out nowhere: at no subscriber, in no dead letter, in no line of the log, whatever way it came in. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import {
  customGateway,
  customWay,
  embeddedWay,
  linesWay,
  natsWay,
  natsWireWay,
  type Planted,
  plantedMessages,
  rawWay,
  type Way,
  wideWay,
} from './senders.ts'
import { Inbox, leaks, natsClient, planted, type ServiceUnderTest, startService } from './support.ts'

const framings = ['newline', 'nul', 'length', 'whole']

function yaml(ipc: string): string {
  return `
listen:
  - nats://127.0.0.1:0
  - lines://127.0.0.1:0
  - lines+unix://${ipc}
  - own://127.0.0.1:0
  - raw://127.0.0.1:0?framing=length&codec=bytes&in=nowhere&out=events.nats
${framings.map((one) => `  - raw://127.0.0.1:0?framing=${one}&codec=bytes&in=events.raw-${one}&out=out.${one}`).join('\n')}
  - raw://127.0.0.1:0?framing=newline&charset=utf-8&in=events.malformed&out=out.malformed
  - raw://127.0.0.1:0?framing=length&charset=utf-16le&coding=gzip&in=events.raw-wide&out=out.wide
scrub:
  tap: true
  policies:
    - name: events
      subjects: [events.>]
      stages:
        - redact: [{ name: everything, detectors: default, action: remove }]
    - name: strict
      subjects: [events.strict, events.malformed]
      stages: [{ validate: { json: true } }]
`
}

/** A message as a subscriber got it, with everything undone that hides its content. */
function opened(payload: Uint8Array, headers: string): string {
  const bytes = Buffer.from(payload)
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
  return `${headers}\n${plain.toString('utf8')}`
}

interface Seen {
  readonly by: string
  readonly text: string
}

/** Subscribers on every gateway; everything that they get. */
async function subscribers(t: TestContext, { service, port }: ServiceUnderTest, seen: Seen[]): Promise<void> {
  const { hub } = service
  const note = (by: string, payload: Uint8Array, headers = ''): void =>
    void seen.push({ by, text: opened(payload, headers) })
  hub.subscribe('events.>', (message) => note('embedded', message.data, JSON.stringify([...message.headers])))
  const client = await natsClient(t, port('nats'))
  client.subscribe('events.>', {
    callback: (_error, message) => note('nats', message.data, message.headers?.toString() ?? ''),
  })
  for (const subject of ['$HUB.DLQ.>', '$HUB.TAP.after.>']) {
    client.subscribe(subject, {
      callback: (_error, message) => note(subject, message.data, message.headers?.toString() ?? ''),
    })
  }
  await client.flush()
  const lines = net.connect(port('lines'), '127.0.0.1')
  t.after(() => lines.destroy())
  const said = frames(lines, (all) => {
    const end = all.indexOf('\n')
    return end < 0 ? undefined : { frame: all.subarray(0, end), next: end + 1 }
  })
  lines.write('{"op":"sub","subject":"events.>"}\n')
  await said((line) => {
    const { op, data = '', encoding, headers } = JSON.parse(line.toString()) as Record<string, string>
    if (op !== 'msg') return
    note(
      'lines',
      encoding === 'base64' ? Buffer.from(data, 'base64') : Buffer.from(JSON.stringify(data)),
      JSON.stringify(headers),
    )
  })
  const raw = net.connect(port('raw'), '127.0.0.1')
  t.after(() => raw.destroy())
  const rawFrames = frames(raw, (all) =>
    all.length < 4 || all.length < 4 + all.readUInt32BE(0)
      ? undefined
      : { frame: all.subarray(4, 4 + all.readUInt32BE(0)), next: 4 + all.readUInt32BE(0) },
  )
  void rawFrames((frame) => note('raw', frame))
  const own = net.connect(port('own'), '127.0.0.1')
  t.after(() => own.destroy())
  const ownFrames = frames(own, (all) =>
    all.length < 2 || all.length < 2 + all.readUInt16BE(0)
      ? undefined
      : { frame: all.subarray(2, 2 + all.readUInt16BE(0)), next: 2 + all.readUInt16BE(0) },
  )
  void ownFrames((frame) => note('own', frame))
  await once(own, 'connect')
  const ready = (protocol: string): boolean =>
    [...hub.core.connections.values()].some((one) => one.protocol === protocol && one.subscriptions.size > 1)
  while (!ready('own') || !ready('raw')) await new Promise((resolve) => setImmediate(resolve))
}

/** Cuts what comes into frames; resolves with the first one. */
function frames(
  socket: net.Socket,
  cut: (all: Buffer) => { frame: Buffer; next: number } | undefined,
): (take: (frame: Buffer) => void) => Promise<void> {
  return (take) =>
    new Promise((resolve) => {
      let all = Buffer.alloc(0)
      socket.on('data', (chunk: Buffer) => {
        all = Buffer.concat([all, chunk])
        for (let found = cut(all); found !== undefined; found = cut(all)) {
          take(Buffer.from(found.frame))
          all = all.subarray(found.next)
          resolve()
        }
      })
    })
}

async function waysInto(t: TestContext, { service, port }: ServiceUnderTest, ipc: string): Promise<Way[]> {
  return [
    natsWay(await natsClient(t, port('nats'))),
    await natsWireWay(t, port('nats')),
    await linesWay(t, 'lines', { port: port('lines'), host: '127.0.0.1' }),
    await linesWay(t, 'ipc', { path: ipc }),
    ...(await Promise.all(framings.map((framing, index) => rawWay(t, framing, port('raw', index + 1))))),
    await wideWay(t, port('raw', 6)),
    await customWay(t, port('own')),
    embeddedWay(service.hub),
  ]
}

function fits(way: Way, message: Planted): boolean {
  return (message.headers === undefined || way.takesHeaders) && (way.takesBytes || message.name !== 'a gzip body')
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-scrub-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('whatever way it comes in, it comes out clean for everybody', async (t) => {
  const ipc = join(temporaryFolder(t), 'hub.sock')
  const hub = await startService(t, yaml(ipc), {}, { gateways: [customGateway] })
  const seen: Seen[] = []
  await subscribers(t, hub, seen)
  const ways = await waysInto(t, hub, ipc)
  let expected = 0
  for (const message of plantedMessages) {
    for (const way of ways) {
      if (!fits(way, message)) continue
      await way.send(message)
      expected++
      const count = (by: string): number => seen.filter((one) => one.by === by).length
      for (const by of ['embedded', 'nats', 'lines', 'own', '$HUB.TAP.after.>']) {
        while (count(by) < expected) await new Promise((resolve) => setImmediate(resolve))
      }
      for (const { by, text } of seen)
        assert.deepEqual(leaks(text), [], `${message.name} by ${way.name}, seen by ${by}: ${text}`)
    }
  }
  const byRaw = (): number => seen.filter((one) => one.by === 'raw').length
  while (byRaw() < plantedMessages.length) await new Promise((resolve) => setImmediate(resolve))
  for (const { by, text } of seen) assert.deepEqual(leaks(text), [], by)
  assert.equal(seen.length, 5 * expected + plantedMessages.length)
  assert(expected > 60)
})

test('dead letters, answers to the sender and the log keep it to themselves', async (t) => {
  const ipc = join(temporaryFolder(t), 'hub.sock')
  const hub = await startService(t, yaml(ipc), {}, { gateways: [customGateway] })
  const all = Object.values(planted).join(', ')
  const client = await natsClient(t, hub.port('nats'))
  const letters = await Inbox.open(client, '$HUB.DLQ.>')

  // Refused by a policy: the reason, and what the redactions leave.
  const answers: string[] = []
  client.subscribe('answers', {
    callback: (_error, message) => void answers.push(`${message.headers?.description} ${message.string()}`),
  })
  client.publish('events.strict', `no JSON, but ${all}`, { reply: 'answers' })
  client.publish('events.gzip', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.from(all)]))
  await client.flush()
  assert.match(answers[0], /JSON/)
  assert.throws(
    () => hub.service.hub.publish('events.strict', all),
    (error: Error) => {
      assert.deepEqual(leaks(error.message), [])
      return true
    },
  )

  // Never a message: bytes that are no UTF-8 on a raw listener, on a subject that must be clean.
  const raw = net.connect(hub.port('raw', 5), '127.0.0.1')
  t.after(() => raw.destroy())
  raw.write(Buffer.concat([Buffer.from(`${all} `), Buffer.from([0xff, 0x0a])]))
  raw.write(Buffer.concat([Buffer.from(all, 'utf16le'), Buffer.from([0xff, 0x0a])]))

  // A line that is no operation, and a protocol of one's own that quotes what it does not understand.
  const lines = net.connect(hub.port('lines'), '127.0.0.1')
  t.after(() => lines.destroy())
  lines.write(`{"op":pub, "${all}"}\n{"op":"pub","subject":"events.strict","data":"${all}"}\n`)
  let told = ''
  lines.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  const own = net.connect(hub.port('own'), '127.0.0.1')
  const frame = Buffer.from(`\0\0!${all}`)
  frame.writeUInt16BE(frame.length - 2)
  own.write(frame)
  own.resume()
  await once(own, 'close')
  while (told.split('\n').length < 3) await once(lines, 'data')
  assert.deepEqual(leaks(told), [])

  const reasons: string[] = []
  while (reasons.length < 6) {
    const letter = await letters.next()
    const text = opened(letter.data, letter.headers?.toString() ?? '')
    assert.deepEqual(leaks(text.replaceAll('\0', '')), [], text)
    reasons.push(letter.headers?.get('Dead-Letter-Reason') ?? '')
  }
  assert.equal(reasons.filter((reason) => reason === 'malformed').length, 2)
  assert(hub.log.length > 0)
  for (const line of hub.log) assert.deepEqual(leaks(line), [], line)
})
