/** Several clients at once: who gets what, against a model that knows nothing of routes, caches and shared encodings. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { matches } from '../../src/routing/subject.ts'
import { CodecBench, type MemorySocket } from './memory.ts'
import { LONG } from './support.ts'

const CLIENTS = 4

interface Interest {
  readonly pattern: string
  delivered: number
  max: number
}

/** What each client should get, by sid. */
class Model {
  readonly #interests: Map<string, Interest>[] = Array.from({ length: CLIENTS }, () => new Map())
  readonly expected: Map<string, string[]>[] = Array.from({ length: CLIENTS }, () => new Map())

  subscribe(client: number, pattern: string, sid: string): void {
    if (!this.#interests[client].has(sid)) this.#interests[client].set(sid, { pattern, delivered: 0, max: 0 })
  }

  unsubscribe(client: number, sid: string, max: number): void {
    const interest = this.#interests[client].get(sid)
    if (interest === undefined) return
    if (max > interest.delivered) interest.max = max
    else this.#interests[client].delete(sid)
  }

  publish(from: number, subject: string, text: string): void {
    for (const [client, interests] of this.#interests.entries()) {
      // The last client does not want its own messages.
      if (client === from && client === CLIENTS - 1) continue
      for (const [sid, interest] of interests) {
        if (!matches(interest.pattern, subject)) continue
        const list = this.expected[client].get(sid) ?? []
        this.expected[client].set(sid, [...list, `${subject} ${text}`])
        interest.delivered++
        if (interest.delivered === interest.max) interests.delete(sid)
      }
    }
  }
}

function received(socket: MemorySocket): Map<string, string[]> {
  const lists = new Map<string, string[]>()
  for (const [, subject, sid, text] of socket.written.matchAll(/MSG (\S+) (\S+) \d+\r\n(.*)\r\n/g)) {
    lists.set(sid, [...(lists.get(sid) ?? []), `${subject} ${text}`])
  }
  return lists
}

const token = fc.constantFrom('a', 'b')
const subject = fc.array(token, { minLength: 1, maxLength: 2 }).map((tokens) => tokens.join('.'))
const pattern = fc.constantFrom('a', 'b', 'a.b', 'a.*', '*', '>', '*.b', 'b.>')
const sid = fc.constantFrom('1', '2', '3', '10', '11')
const client = fc.nat({ max: CLIENTS - 1 })
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('publish' as const), client, subject }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('subscribe' as const), client, pattern, sid }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('unsubscribe' as const), client, sid, max: fc.nat({ max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
)

test('every client gets what it subscribed to, in order, as often as it asked for, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bench = new CodecBench()
      const sockets = Array.from({ length: CLIENTS }, (_, index) => {
        const socket = bench.connect()
        const echo = index !== CLIENTS - 1
        socket.emit('data', Buffer.from(`CONNECT {"verbose":false,"echo":${echo}}\r\n`))
        return socket
      })
      const model = new Model()
      for (const [index, one] of steps.entries()) {
        if (one.kind === 'turn') {
          bench.turn()
          continue
        }
        const send = (text: string): void => sockets[one.client].emit('data', Buffer.from(text))
        if (one.kind === 'subscribe') {
          model.subscribe(one.client, one.pattern, one.sid)
          send(`SUB ${one.pattern} ${one.sid}\r\n`)
        } else if (one.kind === 'unsubscribe') {
          model.unsubscribe(one.client, one.sid, one.max)
          send(`UNSUB ${one.sid} ${one.max}\r\n`)
        } else {
          model.publish(one.client, one.subject, String(index))
          send(`PUB ${one.subject} ${String(index).length}\r\n${index}\r\n`)
        }
      }
      bench.turn()
      for (const [index, socket] of sockets.entries()) {
        const sorted = (lists: Map<string, string[]>): [string, string[]][] => [...lists].toSorted()
        assert.deepEqual(sorted(received(socket)), sorted(model.expected[index]), `client ${index}`)
      }
    }),
    { numRuns: LONG ? 10_000 : 300 },
  )
})

test('UNSUB counts what was published before it in the same packet, also where the encoding is shared', () => {
  const bench = new CodecBench()
  const [one, other] = [bench.connect(), bench.connect()]
  for (const socket of [one, other]) socket.emit('data', Buffer.from('CONNECT {"verbose":false}\r\nSUB a 1\r\n'))
  one.emit('data', Buffer.from(`${'PUB a 1\r\nx\r\n'.repeat(3)}UNSUB 1 2\r\nPUB a 1\r\ny\r\n`))
  bench.turn()
  assert.equal(one.written, 'MSG a 1 1\r\nx\r\n'.repeat(3))
  assert.equal(other.written, `${'MSG a 1 1\r\nx\r\n'.repeat(3)}MSG a 1 1\r\ny\r\n`)
})
