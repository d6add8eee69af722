import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IpAddress } from './address.ts'
import { Prefix } from './prefix.ts'
import { type Route, RoutingTable } from './routing.ts'

function route(prefix: string, name: string, metric = 0): Route<string> {
  return { prefix: Prefix.parse(prefix), gateway: null, interface: name, metric, source: null, origin: 'static' }
}

test('the longest prefix wins, whatever its metric', () => {
  const table = new RoutingTable<string>(() => true)
  table.add(route('0.0.0.0/0', 'default'))
  table.add(route('10.0.0.0/8', 'wide', 0))
  table.add(route('10.1.0.0/16', 'narrow', 900))
  assert.equal(table.lookup(IpAddress.parse('10.1.2.3'))?.interface, 'narrow')
  assert.equal(table.lookup(IpAddress.parse('10.2.2.3'))?.interface, 'wide')
  assert.equal(table.lookup(IpAddress.parse('192.0.2.1'))?.interface, 'default')
  assert.equal(table.lookup(IpAddress.parse('2001:db8::1')), null)
})

test('a downed route is replaced by the next metric and serves again when it is up', () => {
  const down = new Set<string>()
  const table = new RoutingTable<string>((entry) => !down.has(entry.interface))
  table.add(route('2001:db8::/32', 'second', 20))
  table.add(route('2001:db8::/32', 'first', 10))
  table.add(route('::/0', 'default', 0))
  const destination = IpAddress.parse('2001:db8::7')
  assert.equal(table.lookup(destination)?.interface, 'first')
  down.add('first')
  assert.equal(table.lookup(destination)?.interface, 'second')
  down.add('second')
  assert.equal(table.lookup(destination)?.interface, 'default')
  down.clear()
  assert.equal(table.lookup(destination)?.interface, 'first')
})

test('every change makes cached answers void', () => {
  const table = new RoutingTable<string>(() => true, { maxRoutes: 2 })
  table.add(route('10.0.0.0/8', 'a'))
  table.add(route('::/0', 'a'))
  const before = table.generation
  assert.throws(() => table.add(route('11.0.0.0/8', 'a')), /2 routes at most/)
  assert.equal(
    table.remove((entry) => entry.interface === 'a'),
    2,
  )
  assert.notEqual(table.generation, before)
  assert.equal(table.size, 0)
})

test('lookup agrees with a scan of all routes', () => {
  const address = fc.oneof(
    fc.integer({ min: 0, max: 0xffff_ffff }).map((value) => IpAddress.v4(value)),
    fc
      .tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 0xffff_ffff })))
      .map(([a, b, c, d]) => IpAddress.v6(a, b, c, d)),
  )
  const entry = fc.record({ address, length: fc.nat(128), metric: fc.nat(3), down: fc.boolean() })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), fc.array(address, { maxLength: 30 }), (entries, probes) => {
      const table = new RoutingTable<number>((candidate) => !entries[candidate.interface].down)
      const all = entries.map((item, index) => {
        const length = item.address.family === 4 ? item.length % 33 : item.length
        const made = { ...route('0.0.0.0/0', ''), interface: index, metric: item.metric }
        return { ...made, prefix: new Prefix(item.address, length) }
      })
      for (const item of all) table.add(item)
      for (const probe of [...probes, ...entries.map((item) => item.address)]) {
        let best: (typeof all)[number] | null = null
        for (const item of all) {
          if (entries[item.interface].down || !item.prefix.contains(probe)) continue
          if (best === null || item.prefix.length > best.prefix.length) best = item
          else if (item.prefix.length === best.prefix.length && item.metric < best.metric) best = item
        }
        assert.equal(table.lookup(probe)?.interface ?? null, best?.interface ?? null)
      }
    }),
  )
})
