/**
 * Recorded dialogues: what a client sends, what the hub answers, and what nats-server answers where that is something else (and why). Where
 * nats-server is installed, its part of the record is verified as well.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { servers } from './servers.ts'
import { dialogue, hasNatsServer, startHub, startNatsServer } from './support.ts'

interface Recorded {
  readonly server: string
  /** One character for each byte. */
  readonly send: string
  readonly answer: string
  readonly natsServer?: string
  readonly because?: string
}

const recorded = JSON.parse(
  readFileSync(new URL('fixtures/dialogues.json', import.meta.url), 'utf8'),
) as readonly Recorded[]

function short(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 100)}...${text.slice(-60)}` : text)
}

for (const [name, server] of Object.entries(servers)) {
  const dialogues = recorded.filter((one) => one.server === name)

  test(`the hub answers as recorded: ${name} (${dialogues.length} dialogues)`, async (t) => {
    assert.ok(dialogues.length > 0)
    const { port } = await startHub(t, server.security === undefined ? {} : { security: server.security })
    for (const one of dialogues) assert.equal(await dialogue(port, one.send), one.answer, short(one.send))
  })

  const skip = hasNatsServer ? false : 'nats-server is not installed'
  test(`nats-server answers the same, or as recorded: ${name}`, { skip }, async (t) => {
    const { port } = await startNatsServer(t, server.config)
    for (const one of dialogues) {
      assert.equal(await dialogue(port, one.send), one.natsServer ?? one.answer, short(one.send))
    }
  })
}

test('every difference from nats-server has its reason', () => {
  for (const one of recorded) assert.equal(one.natsServer === undefined, one.because === undefined, short(one.send))
})
