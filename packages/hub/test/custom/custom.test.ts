/** Gateways of one's own: what they inherit, and what happens when their functions misbehave. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineGateway, type GatewayDefinition, gatewayFrom } from '@wirehub/hub'
import { FuzzFailure, fuzzGateway } from '@wirehub/hub/testing'
import { memoryHub } from '../support/memory-hub.ts'

/** One byte of length, then `subject payload`; what comes back has the same form. */
const tiny: GatewayDefinition = {
  scheme: 'tiny',
  limits: { maxFrameBytes: 100 },
  open: () => ({ state: undefined, subscribe: ['tiny.out'] }),
  decode(bytes) {
    const end = 1 + bytes[0]
    if (bytes.length < end) return undefined
    const [subject, payload = ''] = Buffer.from(bytes.subarray(1, end)).toString().split(' ')
    return { bytesRead: end, messages: [{ subject, payload, headers: { 'Wirehub-User': 'root', Mine: 'yes' } }] }
  },
  encode: (message) => Buffer.concat([Buffer.of(message.payload.length), message.payload]),
  refuse: (reason) => Buffer.from(`!${reason}`),
}

const framed = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text)])

test('messages come in, cut anywhere; replies and subscriptions go out; stamped headers cannot be forged', async () => {
  const { world, hub, connect, watch } = await memoryHub('tiny://127.0.0.1:0?stamp=address', {
    gateways: [defineGateway(tiny)],
  })
  const seen = watch('a.>')
  const wire = Buffer.concat([framed('a.b one'), framed('a.c two')])
  for (let cut = 0; cut <= wire.length; cut++) {
    seen.length = 0
    const socket = connect()
    for (const part of [wire.subarray(0, cut), wire.subarray(cut)]) {
      socket.write(part)
      world.run()
    }
    assert.deepEqual(
      seen.map((message) => `${message.subject} ${message.text()}`),
      ['a.b one', 'a.c two'],
      `cut at ${cut}`,
    )
    assert.deepEqual(
      [...seen[0].headers],
      [
        ['Mine', 'yes'],
        ['Wirehub-Address', '127.0.0.1'],
      ],
    )
    hub.publish(seen[0].reply as string, 'reply')
    hub.publish('tiny.out', 'all')
    world.run()
    assert.equal(socket.takeText(), '\x05reply\x03all')
    socket.destroy()
    world.run()
  }
})

const faults: [name: string, fault: Partial<GatewayDefinition>, wire: string, says: RegExp][] = [
  [
    'decode throws',
    {
      decode: () => {
        throw new Error('nonsense')
      },
    },
    'x',
    /^!nonsense$/,
  ],
  ['decode reads nothing', { decode: () => ({ bytesRead: 0 }) }, 'x', /^!decode says that it read 0 of 1 bytes/],
  ['decode reads too much', { decode: () => ({ bytesRead: 9 }) }, 'x', /^!decode says/],
  ['decode never completes', { decode: () => undefined }, 'x'.repeat(101), /^!A frame is longer than 100 bytes/],
  ['a subject is none', {}, '\x04a..b', /^!This is not a subject/],
  ['a subject is the hub own', {}, '\x06$HUB.a', /^!You may not publish here/],
  [
    'refuse throws too',
    {
      decode: () => {
        throw new Error('x')
      },
      refuse: () => {
        throw new Error('y')
      },
    },
    'x',
    /^$/,
  ],
]

for (const [name, fault, wire, says] of faults) {
  test(`${name}: that connection ends, no other does`, async () => {
    const { world, connect, hub } = await memoryHub('tiny://127.0.0.1:0', {
      gateways: [defineGateway({ ...tiny, ...fault })],
    })
    const [bad, good] = [connect(), connect()]
    bad.write(wire)
    world.run()
    assert.match(bad.takeText(), says)
    assert.equal(bad.peerEnded, true)
    hub.publish('tiny.out', 'still served')
    world.run()
    assert.equal(good.takeText(), '\x0cstill served')
  })
}

test('encode throws: the publisher does not notice, the connection ends', async () => {
  const gateway = defineGateway({
    ...tiny,
    encode: () => {
      throw new Error('cannot say that')
    },
  })
  const { world, connect, hub } = await memoryHub('tiny://127.0.0.1:0', { gateways: [gateway] })
  const socket = connect()
  world.run()
  assert.equal(hub.publish('tiny.out', 'x'), 1)
  world.run()
  assert.equal(socket.takeText(), '!cannot say that')
  assert.equal(socket.peerEnded, true)
})

test('a definition that is none is refused with what is missing', () => {
  assert.throws(() => defineGateway({} as GatewayDefinition), { code: 'WIREHUB_ERR_GATEWAY', message: /scheme/ })
  assert.throws(() => defineGateway({ scheme: 'x' } as GatewayDefinition), { message: /decode is missing/ })
  assert.throws(() => gatewayFrom({}, './mine.js'), { code: 'WIREHUB_ERR_GATEWAY', place: './mine.js' })
  assert.equal(gatewayFrom({ default: tiny }, './mine.js').manifest.scheme, 'tiny')
})

test('the fuzz harness finds what it is for, and names seed and input', async () => {
  const { manifest, create } = defineGateway(tiny)
  const faulty: typeof create = (url, context) => {
    const gateway = create(url, context)
    return {
      open(connection) {
        const codec = gateway.open(connection)
        const receive = (chunk: Buffer): void => {
          if (chunk[0] === 200) throw new Error('a bug')
          codec.receive(chunk)
        }
        return { receive, closed: () => codec.closed?.() }
      },
    }
  }
  await assert.rejects(fuzzGateway({ manifest, create: faulty }, { seed: 3, count: 5000 }), (error) => {
    assert.ok(error instanceof FuzzFailure)
    assert.match(error.message, /^The gateway threw: Error: a bug \(seed 3, input \d+: /)
    return true
  })
})
