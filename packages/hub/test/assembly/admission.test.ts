/** Admission: how many connections there may be, in all, from one address, and without having said who they are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Admission } from '../../src/assembly/admission.ts'
import type { Connection } from '../../src/core/connection.ts'
import { defaultHubLimits, type HubLimits } from '../../src/core/limits.ts'

function admission(limits: Partial<HubLimits>): Admission {
  return new Admission({ ...defaultHubLimits, maxHalfOpenPerAddress: 0, ...limits })
}

function from(remoteAddress: string): Connection {
  return { remoteAddress } as Connection
}

test('in all', () => {
  const gate = admission({ maxConnections: 2 })
  assert.ok(gate.admit(from('1.1.1.1')))
  assert.ok(gate.admit(from('2.2.2.2')))
  assert.ok(!gate.admit(from('3.3.3.3')))
  gate.release(from('1.1.1.1'), false)
  assert.ok(gate.admit(from('3.3.3.3')))
})

test('from one address; Unix sockets have none', () => {
  const gate = admission({ maxConnectionsPerAddress: 1 })
  assert.ok(gate.admit(from('1.1.1.1')))
  assert.ok(!gate.admit(from('1.1.1.1')))
  assert.ok(gate.admit(from('2.2.2.2')))
  assert.ok(gate.admit(from('')))
  assert.ok(gate.admit(from('')))
})

test('half open: room is made by whoever authenticates or leaves', () => {
  const gate = admission({ maxHalfOpenPerAddress: 1 })
  assert.ok(gate.admit(from('1.1.1.1')))
  assert.ok(!gate.admit(from('1.1.1.1')))
  gate.ready(from('1.1.1.1'))
  assert.ok(gate.admit(from('1.1.1.1')))
  assert.ok(!gate.admit(from('1.1.1.1')))
  gate.release(from('1.1.1.1'), false)
  assert.ok(gate.admit(from('1.1.1.1')))
})

test('limits that a reload changes hold at once', () => {
  const limits = { ...defaultHubLimits, maxConnections: 1 }
  const gate = new Admission(limits)
  assert.ok(gate.admit(from('1.1.1.1')))
  assert.ok(!gate.admit(from('1.1.1.1')))
  Object.assign(limits, { maxConnections: 2 })
  assert.ok(gate.admit(from('1.1.1.1')))
})

test('whatever comes and goes in whatever order, the counts are those of who is there', () => {
  const event = fc.record({
    kind: fc.constantFrom('come', 'ready', 'go'),
    address: fc.constantFrom('a', 'b', ''),
    which: fc.nat(),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const limits = { maxConnections: 8, maxConnectionsPerAddress: 5, maxHalfOpenPerAddress: 2 }
      const gate = admission(limits)
      const there: { connection: Connection; ready: boolean }[] = []
      for (const { kind, address, which } of events) {
        const one = there[which % Math.max(1, there.length)]
        if (kind === 'come') {
          const same = there.filter(({ connection }) => connection.remoteAddress === address)
          const room =
            there.length < 8 && (address === '' || (same.length < 5 && same.filter(({ ready }) => !ready).length < 2))
          const connection = from(address)
          assert.equal(gate.admit(connection), room)
          if (room) there.push({ connection, ready: false })
        } else if (one !== undefined && kind === 'ready' && !one.ready) {
          one.ready = true
          gate.ready(one.connection)
        } else if (one !== undefined && kind === 'go') {
          there.splice(there.indexOf(one), 1)
          gate.release(one.connection, one.ready)
        }
        assert.equal(gate.total, there.length)
      }
    }),
    { numRuns: 200 },
  )
})
