/** The fields of the monitoring pages against nats-server's own JSON: the same names, the same types. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { hasNatsServer } from '../nats/support.ts'
import { monitoredHub, monitoredNatsServer } from './http.ts'

type Json = Record<string, unknown>

/** Pages, and what nats-server says there that the hub does not, with the reason. */
const pages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/varz': {},
  '/connz?subs=1&auth=1': {},
  '/connz?subs=detail': {},
  '/connz?state=closed': {},
  '/connz?state=closed&sort=stop&subs=detail&auth=1': {},
  '/connz?state=all': {},
  '/connz?cid=999': { limit: 'the hub keeps the limit that was asked for' },
  '/subsz': { cache_hit_rate: 'hits are not counted: the hot path does not pay for a figure' },
  '/subsz?subs=1': { cache_hit_rate: 'as above' },
  '/healthz': {},
  '/accountz': {},
  '/accountz?acc=$G': { imports: 'what the hub says of itself is imported by nobody', sublist_stats: 'in /subsz' },
  '/accstatz': {},
  '/jsz': {},
  '/routez': {},
  '/gatewayz': {},
  '/leafz': {},
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  // A date and a duration are read by tools as such.
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return 'time'
  if (typeof value === 'string' && /^(\d+[dhm])*\d+(\.\d+)?(s|ms|µs)$/.test(value)) return 'duration'
  return typeof value
}

function compare(theirs: Json, ours: Json, exceptions: Readonly<Record<string, string>>, place: string): void {
  for (const [name, value] of Object.entries(theirs)) {
    if (Object.hasOwn(exceptions, name)) continue
    assert.ok(Object.hasOwn(ours, name), `${place} lacks ${name}`)
    assert.equal(kindOf(ours[name]), kindOf(value), `${place} ${name}: ${JSON.stringify(ours[name])}`)
    if (!Array.isArray(value) || value.length === 0) continue
    const [one, other] = [value.at(-1), (ours[name] as unknown[]).at(-1)]
    assert.equal(kindOf(other), kindOf(one), `${place} ${name}[]`)
    if (typeof one === 'object') compare(one as Json, other as Json, exceptions, `${place} ${name}[]`)
  }
}

async function client(port: number): Promise<NatsConnection> {
  const made = await connect({ port, name: 'a client' })
  made.subscribe('plain.*', { callback: () => {} })
  made.subscribe('work', { queue: 'workers', callback: () => {} })
  for (let i = 0; i < 3; i++) made.publish('plain.one', 'hello')
  await made.flush()
  await made.rtt()
  return made
}

test('every field that nats-server has stands there with the same type', {
  skip: !hasNatsServer && 'nats-server is not installed',
}, async (t) => {
  const [theirs, ours] = [await monitoredNatsServer(t), await monitoredHub(t)]
  const clients = await Promise.all([client(theirs.nats), client(ours.nats)])
  // Round trips are measured by the server's own first ping.
  while ([...ours.hub.core.connections.values()].some((one) => one.roundTripMs === undefined)) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  // One has come and gone.
  for (const { nats, http } of [theirs, ours]) {
    await (await client(nats)).close()
    const closed = async (): Promise<Json> =>
      (await (await fetch(`http://127.0.0.1:${http}/connz?state=closed`)).json()) as Json
    while ((await closed()).total !== 1) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  for (const [path, exceptions] of Object.entries(pages)) {
    const [their, our] = await Promise.all(
      [theirs.http, ours.http].map(
        async (port) => (await fetch(`http://127.0.0.1:${port}${path}`)).json() as Promise<Json>,
      ),
    )
    compare(their, our, exceptions, path)
  }
  for (const one of clients) await one.close()
})

test('totals are those of nats-server for the same traffic', {
  skip: !hasNatsServer && 'nats-server is not installed',
}, async (t) => {
  const [theirs, ours] = [await monitoredNatsServer(t), await monitoredHub(t)]
  const totals: Json[] = []
  for (const { nats, http } of [theirs, ours]) {
    const one = await client(nats)
    // A crowd of subscribers counts as each of them alone.
    const two = await connect({ port: nats })
    two.subscribe('plain.*', { callback: () => {} })
    await two.flush()
    for (let i = 0; i < 5; i++) one.publish('plain.two', 'hello')
    one.publish('nobody', 'xyz')
    await one.flush()
    await two.flush()
    const varz = (await (await fetch(`http://127.0.0.1:${http}/varz`)).json()) as Json
    const connz = (await (await fetch(`http://127.0.0.1:${http}/connz?sort=cid`)).json()) as { connections: Json[] }
    const names = ['in_msgs', 'out_msgs', 'in_bytes', 'out_bytes']
    const pick = (from: Json, more: string[] = []): Json =>
      Object.fromEntries([...names, ...more].map((name) => [name, from[name]]))
    totals.push({
      varz: pick(varz, ['connections', 'slow_consumers']),
      connz: connz.connections.map((row) => pick(row, ['subscriptions', 'name', 'kind', 'type', 'pending_bytes'])),
    })
    await one.close()
    await two.close()
  }
  assert.deepEqual(totals[1], totals[0])
})
