/** What a person with `nc`, or a program in any language, sees on the lines port. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemorySocket } from '@wirehub/hub/testing'
import { type MemoryHub, memoryHub } from '../support/memory-hub.ts'

type Line = Record<string, unknown>

function say({ world }: MemoryHub, socket: MemorySocket, ...lines: (string | Line)[]): Line[] {
  for (const line of lines) socket.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
  world.run()
  return heard(socket)
}

function heard(socket: MemorySocket): Line[] {
  return socket
    .takeText()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

const codes = (lines: Line[]): unknown[] => lines.map((line) => line.code)

test('subscribe, publish, unsubscribe', async () => {
  const hub = await memoryHub('lines://127.0.0.1:0')
  const [one, other] = [hub.connect(), hub.connect()]
  assert.deepEqual(say(hub, one, { op: 'sub', subject: 'a.>', id: 1 }), [{ op: 'ok', id: 1 }])
  assert.deepEqual(
    say(hub, other, { op: 'pub', subject: 'a.b', data: { n: 1 }, reply: 'r.1', headers: { H: 'v', L: ['1', '2'] } }),
    [],
  )
  assert.deepEqual(heard(one), [
    { op: 'msg', id: 1, subject: 'a.b', reply: 'r.1', headers: { H: 'v', L: ['1', '2'] }, data: { n: 1 } },
  ])
  assert.deepEqual(say(hub, other, { op: 'pub', subject: 'a.b', data: 'text', ack: true, id: 'p' }), [
    { op: 'ok', id: 'p', subscribers: 1 },
  ])
  assert.deepEqual(heard(one), [{ op: 'msg', id: 1, subject: 'a.b', data: 'text' }])
  assert.deepEqual(say(hub, one, { op: 'unsub', id: 1 }), [{ op: 'ok', id: 1 }])
  assert.deepEqual(say(hub, other, { op: 'pub', subject: 'a.b', ack: true }), [{ op: 'ok', subscribers: 0 }])
})

test('without ids, subscriptions are named by subject and queue; max ends them', async () => {
  const hub = await memoryHub('lines://127.0.0.1:0')
  const socket = hub.connect()
  say(hub, socket, { op: 'sub', subject: 'jobs', queue: 'workers', max: 2 }, { op: 'sub', subject: 'jobs' })
  assert.deepEqual(say(hub, socket, { op: 'unsub', subject: 'jobs' }), [{ op: 'ok' }])
  for (let i = 0; i < 3; i++) hub.hub.publish('jobs', i)
  hub.world.run()
  assert.deepEqual(
    heard(socket).map((line) => line.data),
    [0, 1],
  )
  assert.deepEqual(codes(say(hub, socket, { op: 'unsub', subject: 'jobs', queue: 'workers' })), [
    'WIREHUB_ERR_PROTOCOL',
  ])
})

test('queue groups share among connections', async () => {
  const hub = await memoryHub('lines://127.0.0.1:0')
  const workers = [hub.connect(), hub.connect(), hub.connect()]
  for (const worker of workers) say(hub, worker, { op: 'sub', subject: 'jobs', queue: 'w' })
  for (let i = 0; i < 30; i++) hub.hub.publish('jobs', i)
  hub.world.run()
  const shares = workers.map((worker) => heard(worker).length)
  assert.equal(shares[0] + shares[1] + shares[2], 30)
  assert.ok(Math.min(...shares) >= 5, `one worker got too little: ${shares}`)
})

test('requests: the answer carries the id; nobody there is said at once, silence after timeoutMs', async () => {
  const hub = await memoryHub('lines://127.0.0.1:0')
  hub.hub.subscribe('time', (message) => void hub.hub.publish(message.reply as string, 'noon'))
  hub.hub.subscribe('silent', () => {})
  const socket = hub.connect()
  const [answer] = say(hub, socket, { op: 'req', subject: 'time', id: 't' })
  assert.deepEqual([answer.op, answer.id, answer.data], ['msg', 't', 'noon'])
  assert.deepEqual(codes(say(hub, socket, { op: 'req', subject: 'nobody', id: 2 })), ['WIREHUB_ERR_NO_RESPONDERS'])
  assert.deepEqual(say(hub, socket, { op: 'req', subject: 'silent', id: 3, timeoutMs: 50 }), [])
  hub.world.advance(50)
  assert.deepEqual(
    heard(socket).map((line) => [line.id, line.code]),
    [[3, 'WIREHUB_ERR_TIMEOUT']],
  )
})

test('one request and a FIN: the answer still comes, then the other half is closed', async () => {
  const hub = await memoryHub('lines://127.0.0.1:0')
  const replies: string[] = []
  hub.hub.subscribe('time', (message) => replies.push(message.reply as string))
  const socket = hub.connect()
  socket.write('{"op":"req","subject":"time"}') // no line feed either
  socket.end()
  hub.world.run()
  assert.equal(socket.peerEnded, false)
  hub.hub.publish(replies[0], 'noon')
  hub.world.run()
  assert.equal(heard(socket)[0].data, 'noon')
  assert.equal(socket.closed, true)
})

test('numbers keep their digits, members their order, on the way through', async () => {
  const hub = await memoryHub('lines://127.0.0.1:0')
  const [one, other] = [hub.connect(), hub.connect()]
  say(hub, one, { op: 'sub', subject: 'x' })
  const data = '{ "2": 1.50, "1": 12345678901234567890, "d\\u0061ta": [1e5, "}\\"]"] }'
  say(hub, other, `{"op":"pub", "data":1, "headers":{"data":"2"}, "d\\u0061ta" : ${data} ,"subject":"x"}`)
  assert.equal(one.takeText(), `{"op":"msg","subject":"x","headers":{"data":"2"},"data":${data}}\n`)
})

const mistakes: Record<string, [line: string, code: string, says: RegExp]> = {
  'no JSON': ['hello', 'WIREHUB_ERR_PROTOCOL', /no JSON/],
  'no object': ['[1]', 'WIREHUB_ERR_PROTOCOL', /no JSON object/],
  'no op': ['{}', 'WIREHUB_ERR_PROTOCOL', /"op" must be one of pub, req, sub/],
  'a misspelt member': ['{"op":"sub","subjet":"a"}', 'WIREHUB_ERR_PROTOCOL', /no member "subjet"/],
  'no subject': ['{"op":"pub"}', 'WIREHUB_ERR_PROTOCOL', /needs a "subject"/],
  'a wildcard to publish to': ['{"op":"pub","subject":"a.*"}', 'WIREHUB_ERR_INVALID_SUBJECT', /wildcards/],
  'a NATS command in a subject': [
    '{"op":"pub","subject":"a 1\\r\\nx\\r\\nPUB b"}',
    'WIREHUB_ERR_INVALID_SUBJECT',
    /not a subject/,
  ],
  'a NATS command in a reply': [
    '{"op":"pub","subject":"a","reply":"b 1\\r\\n"}',
    'WIREHUB_ERR_INVALID_SUBJECT',
    /not a subject/,
  ],
  'a line break in a header': [
    '{"op":"pub","subject":"a","headers":{"A":"b\\r\\nC: d"}}',
    'WIREHUB_ERR_INVALID_HEADER',
    /./,
  ],
  'bad base64': ['{"op":"pub","subject":"a","data":"?","encoding":"base64"}', 'WIREHUB_ERR_MALFORMED', /no base64/],
  'half a surrogate pair': ['{"op":"pub","subject":"a","data":"\\ud800"}', 'WIREHUB_ERR_MALFORMED', /surrogate/],
  'a queue with a space': ['{"op":"sub","subject":"a","queue":"b c"}', 'WIREHUB_ERR_INVALID_SUBJECT', /./],
  'the hub own subjects': ['{"op":"pub","subject":"$HUB.x"}', 'WIREHUB_ERR_PERMISSION_DENIED', /may not publish/],
}

for (const [name, [line, code, says]] of Object.entries(mistakes)) {
  test(`${name}: an error that says so, with the id where it can be read, and the connection goes on`, async () => {
    const hub = await memoryHub('lines://127.0.0.1:0')
    const socket = hub.connect()
    const withId = line.startsWith('{') ? line.replace(/}$/, `${line === '{}' ? '' : ','}"id":7}`) : line
    const [error, pong] = say(hub, socket, withId, { op: 'ping', id: 8 })
    assert.equal(error.op, 'err')
    assert.equal(error.code, code)
    assert.match(error.message as string, says)
    if (line.startsWith('{')) assert.equal(error.id, 7)
    assert.deepEqual(pong, { op: 'ok', id: 8 })
  })
}

test('stamped headers cannot be forged', async () => {
  const hub = await memoryHub('lines://127.0.0.1:0')
  const [one, other] = [hub.connect(), hub.connect()]
  say(hub, one, { op: 'sub', subject: 'x' })
  say(hub, other, { op: 'pub', subject: 'x', data: 1, headers: { 'wireHub-User': 'root', Mine: 'yes' } })
  assert.deepEqual(heard(one)[0].headers, { Mine: 'yes' })
})

test('other protocols are told where to go, and a web page cannot smuggle lines in a request body', async () => {
  const hub = await memoryHub('lines://127.0.0.1:0')
  const seen = hub.watch('>')
  const web = hub.connect()
  web.write('POST / HTTP/1.1\r\nHost: localhost\r\n\r\n{"op":"pub","subject":"evil","data":1}\n')
  const nats = hub.connect()
  nats.write('CONNECT {"verbose":false}\r\nPUB a 1\r\nx\r\n')
  const tls = hub.connect()
  tls.write(Buffer.from([0x16, 3, 1, 0, 5, 1]))
  hub.world.run()
  assert.match(web.takeText(), /^HTTP\/1\.1 400 Bad Request\r\n.*port 8222/s)
  assert.match(nats.takeText(), /^-ERR 'This port speaks JSON lines, not NATS\.'\r\n$/)
  assert.match(tls.takeText(), /not TLS/)
  assert.deepEqual(
    [web, nats, tls].map((socket) => socket.peerEnded),
    [true, true, true],
  )
  assert.deepEqual(seen, [])
})

test('a line that is too long, and whoever never says anything sensible, are ended', async () => {
  const hub = await memoryHub('lines://127.0.0.1:0?maxLineBytes=1000')
  const [long, babbler] = [hub.connect(), hub.connect()]
  long.write('x'.repeat(1500))
  babbler.write('blah\n'.repeat(200))
  hub.world.run()
  assert.deepEqual(codes(heard(long)), ['WIREHUB_ERR_PAYLOAD_TOO_LARGE'])
  assert.equal(heard(babbler).length, 100)
  assert.deepEqual([long.peerEnded, babbler.peerEnded], [true, true])
})

test('a dialogue means the same wherever its bytes are cut', async () => {
  const dialogue = Buffer.from(
    '{"op":"sub","subject":"a.*","id":"✓"}\r\n{"op":"pub","subject":"a.b","data":"Zoë"}\n\n{"op":"ping","id":1}',
  )
  for (let cut = 0; cut <= dialogue.length; cut++) {
    const hub = await memoryHub('lines://127.0.0.1:0')
    const socket = hub.connect()
    for (const part of [dialogue.subarray(0, cut), dialogue.subarray(cut)]) {
      socket.write(part)
      hub.world.run()
    }
    socket.end()
    hub.world.run()
    assert.deepEqual(
      heard(socket),
      [
        { op: 'ok', id: '✓' },
        { op: 'msg', id: '✓', subject: 'a.b', data: 'Zoë' },
        { op: 'ok', id: 1 },
      ],
      `cut at ${cut}`,
    )
  }
})

test('a crowd with ids of different lengths each sees its own id', async () => {
  const hub = await memoryHub('lines://127.0.0.1:0')
  const ids = [1, 2, 10, 11, 'a', 'b', undefined, undefined]
  const sockets = ids.map((id) => {
    const socket = hub.connect()
    say(hub, socket, { op: 'sub', subject: 'x', ...(id === undefined ? {} : { id }) })
    return socket
  })
  for (let i = 0; i < 3; i++) hub.hub.publish('x', { i })
  hub.world.run()
  for (const [index, socket] of sockets.entries()) {
    const lines = heard(socket)
    assert.deepEqual(
      lines.map((line) => line.data),
      [{ i: 0 }, { i: 1 }, { i: 2 }],
    )
    for (const line of lines) assert.equal(line.id, ids[index])
  }
})
