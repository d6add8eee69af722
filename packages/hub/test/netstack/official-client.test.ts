/** NATS's own client, in virtual time: links that lose, a hub whose machine crashes. What it knows of the network is `createConnection`. */
import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { Hub } from '@wirehub/hub'
import { type SimHost, simulate } from '@wirehub/netstack/sim'
import { hubOn, star } from './world.ts'

const MACHINES = star(['hub', 'publisher', 'subscriber'])

test('the official client hears every event once, finds the hub again after a crash, and subscribes again by itself', async (t) => {
  const hubs: Hub[] = []
  const program = async (host: SimHost): Promise<void> => {
    hubs.push(await hubOn(host, { listen: ['nats://0.0.0.0:4222?insecure=1'] }))
  }
  const hosts = { ...MACHINES.hosts, hub: { program } }
  await simulate({ ...MACHINES, hosts, seed: 3 }, async (world) => {
    // `<machine>.hub` is the hub as that machine sees it: the client is not told on which one it runs.
    t.mock.method(net, 'createConnection', (port: number, name: string, callback: () => void) =>
      world.host(name.split('.')[0]).net.createConnection(port, 'hub', callback),
    )
    const open = (name: string): Promise<NatsConnection> =>
      connect({
        servers: `${name}.hub:4222`,
        resolve: false,
        timeout: 10_000,
        maxReconnectAttempts: -1,
        pingInterval: 1000,
      })
    const [publisher, subscriber] = [await open('publisher'), await open('subscriber')]
    const received: string[] = []
    subscriber.subscribe('events.>', { callback: (_error, message) => void received.push(message.string()) })
    await subscriber.flush()
    const publish = async (from: number, to: number): Promise<void> => {
      for (let count = from; count < to; count++) publisher.publish('events.new', `event ${count}`)
      await publisher.flush()
      await subscriber.flush()
    }
    await publish(0, 100)
    assert.equal(received.length, 100)

    world.host('hub').crash()
    await world.sleep(5000)
    world.host('hub').boot()
    await world.until(() => hubs[1]?.core.connections.size === 2, 10)
    await subscriber.flush()
    await publish(100, 200)
    await world.sleep(5000)
    assert.deepEqual(
      received,
      Array.from({ length: 200 }, (_, count) => `event ${count}`),
    )
    assert.deepEqual([publisher.stats().outMsgs, subscriber.stats().inMsgs], [200, 200])
    await Promise.all([publisher.close(), subscriber.close()])
    await hubs[1].close()
  })
})
