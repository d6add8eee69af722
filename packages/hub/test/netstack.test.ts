/** The hub on our own TCP, in virtual time, over links that lose packets: every event arrives once, and one seed gives one capture. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { createHub, type HubOptions } from '@wirehub/hub'
import { type SimHost, type SimulationOptions, simulate, type World } from '@wirehub/netstack/sim'

const EVENTS = 200

const impair = { loss: 0.02, reorder: 0.02, delayMs: 15 }
const OPTIONS: SimulationOptions = {
  hosts: { hub: {}, publisher: {}, subscriber: {}, sensor: {}, switch: { kind: 'switch' } },
  links: ['hub', 'publisher', 'subscriber', 'sensor'].map((host) => ({ ends: [host, 'switch'] as const, impair })),
  families: [4],
}

/** What the hub takes from the world around it, here from the simulated one. */
function environment(world: World, host: SimHost): Pick<HubOptions, 'net' | 'clock' | 'random'> {
  const random = world.random.fork('hub')
  return {
    net: host.net as unknown as NonNullable<HubOptions['net']>,
    clock: {
      now: () => world.epochMs + world.now,
      monotonic: () => world.now,
      setTimeout: (callback, delayMs) => host.scheduler.schedule(delayMs, callback),
      clearTimeout: (timer) => (timer as { cancel(): void } | undefined)?.cancel(),
      setImmediate: (callback) => void setImmediate(callback),
    },
    random: {
      next: random.next,
      bytes: (count) => {
        const bytes = new Uint8Array(count)
        random.fill(bytes)
        return bytes
      },
    },
  }
}

/** A connection of bare text. */
async function open(host: SimHost, port: number) {
  const socket = host.net.connect({ host: 'hub', port })
  socket.setEncoding('utf8')
  let text = ''
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  await once(socket, 'connect')
  return {
    socket,
    text: () => text,
    until: async (world: World, pattern: RegExp) => world.until(() => pattern.test(text), 5),
  }
}

async function run(seed: number): Promise<{ capture: Buffer; received: string[]; lines: number[] }> {
  const pieces: Buffer[] = []
  const result = await simulate({ ...OPTIONS, seed }, async (world) => {
    world.capture((bytes) => pieces.push(Buffer.from(bytes)))
    const hub = await createHub({
      listen: ['nats://0.0.0.0:4222?insecure=1', 'lines://0.0.0.0:4224?insecure=1'],
      ...environment(world, world.host('hub')),
    })
    const subscriber = await open(world.host('subscriber'), 4222)
    subscriber.socket.write('CONNECT {"verbose":false}\r\nSUB events.> 1\r\nPING\r\n')
    await subscriber.until(world, /PONG/)
    const sensor = await open(world.host('sensor'), 4224)
    sensor.socket.write('{"op":"sub","id":1,"subject":"events.ticket.*"}\n')
    await sensor.until(world, /"ok"/)
    const publisher = await open(world.host('publisher'), 4222)
    publisher.socket.write('CONNECT {"verbose":false}\r\n')
    for (let count = 0; count < EVENTS; count++) {
      const payload = `event ${count}`
      publisher.socket.write(`PUB events.ticket.created ${payload.length}\r\n${payload}\r\n`)
      if (count % 10 === 0) await world.sleep(20)
    }
    sensor.socket.write('{"op":"pub","id":2,"subject":"events.sensor","data":"warm","ack":true}\n')
    await subscriber.until(
      world,
      new RegExp(`event ${EVENTS - 1}\r\n(.|\r\n)*warm|warm(.|\r\n)*event ${EVENTS - 1}\r\n`),
    )
    await world.sleep(5000)
    const received = [...subscriber.text().matchAll(/MSG \S+ 1 \d+\r\n(.*?)\r\n/g)].map((match) => match[1]!)
    const lines = [...sensor.text().matchAll(/"event (\d+)"/g)].map((match) => Number(match[1]))
    for (const each of [subscriber, sensor, publisher]) each.socket.end()
    await hub.close()
    assert.equal(world.nondeterminism.size, 0, [...world.nondeterminism].join())
    return { received, lines }
  })
  return { ...result, capture: Buffer.concat(pieces) }
}

test('hub, two NATS clients and a lines client at 2 % loss: every event once and in order; same seed, same bytes', async () => {
  const first = await run(7)
  const expected = Array.from({ length: EVENTS }, (_, index) => `event ${index}`)
  assert.deepEqual(
    first.received.filter((each) => each.startsWith('event')),
    expected,
  )
  assert.equal(first.received.filter((each) => each.includes('warm')).length, 1)
  assert.deepEqual(
    first.lines,
    expected.map((_, index) => index),
  )
  const again = await run(7)
  assert.ok(first.capture.equals(again.capture), 'the captures of one seed differ')
  assert.ok(!first.capture.equals((await run(8)).capture))
})
