/** A message that is refused is a dead letter; once the policy is mended, redrive delivers it. And a tap beside all that. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Running, run, start } from '../support/run.ts'

let folder: string
let hub: Running
let server: string

const config = (schema: string, tap = false): string => `
listen: [nats://127.0.0.1:0]
scrub:
  tap: ${tap}
  keys: [{ id: k1, secret: a-secret-of-more-than-16-bytes }]
  policies:
    - { name: orders, subjects: [orders.>], deadLetter: whole, stages: [{ validate: { schema: ${schema} } }] }
    - { name: sealed, subjects: [sealed.>], deadLetter: encrypted, stages: [{ validate: { schema: ${schema} } }] }
    - { name: gone, subjects: [gone.>], deadLetter: dropped, stages: [{ validate: { schema: ${schema} } }] }
`
const strict = '{ type: object, required: [id] }'
const generous = '{ type: object }'

async function reload(text: string): Promise<void> {
  writeFileSync(join(folder, 'wirehub.yaml'), text)
  const said = hub.err.length
  hub.child.kill('SIGHUP')
  await hub.until(({ err }) => err.slice(said).includes('configuration was'))
}

/** Collects from a subject while something is done. */
async function collect(subject: string, count: number, act: () => Promise<unknown>): Promise<string> {
  const subscriber = start(['sub', subject, '--json', '--count', String(count), '--server', server])
  await subscriber.until(({ err }) => err.includes('listening'))
  await act()
  return (await subscriber.ended()).out
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wirehub-redrive-'))
  writeFileSync(join(folder, 'wirehub.yaml'), config(strict))
  const ports = join(folder, 'ports.json')
  hub = start(['serve', '--ports-file', ports, '--quiet'], { cwd: folder })
  await hub.until(() => existsSync(ports))
  server = `nats://127.0.0.1:${JSON.parse(readFileSync(ports, 'utf8')).listeners[0].port}`
})
after(async () => {
  await hub.stop()
  rmSync(folder, { recursive: true })
})

test('refused, collected, mended, redriven: with its own subject, headers and payload', async () => {
  // Numbers beyond a double, blanks, a key twice: what a parser would not give back.
  const payloads = ['{"n": 12345678901234567890, "a":1.0}', 'no JSON: ✓', '{"a":1,"a":2}']
  const letters = await collect('$HUB.DLQ.>', 5, async () => {
    for (const payload of payloads) {
      await run(['pub', 'orders.new', payload, '--header', 'Trace: 7', '--server', server])
    }
    await run(['pub', 'sealed.new', '{"s":1}', '--server', server])
    await run(['pub', 'gone.new', '{"g":1}', '--server', server])
  })
  const file = join(folder, 'letters.ndjson')
  writeFileSync(file, letters)

  // Not mended yet: all of them are refused again.
  const early = await run(['redrive', file, '--server', server], { cwd: folder })
  assert.equal(early.code, 1)
  assert.deepEqual(JSON.parse(early.out), { taken: 0, unheard: 0, refused: 4, empty: 1, failed: 0 })
  assert.match(early.err, /refused again: .*schema/)

  await reload(config(generous))
  const dry = await run(['redrive', file, '--dry-run'], { cwd: folder })
  assert.match(dry.out, /^orders\.new {2}36 bytes {2}/)
  const delivered = await collect('*.new', 2, async () => {
    const late = await run(['redrive', file, '--server', server], { cwd: folder })
    assert.equal(late.code, 1)
    // Text is still no object, and a key that is there twice is refused by any schema.
    assert.deepEqual(JSON.parse(late.out), { taken: 2, unheard: 0, refused: 2, empty: 1, failed: 0 })
  })
  const [order, sealed] = delivered.trim().split('\n')
  assert.match(
    order,
    /^\{"subject":"orders\.new","reply":"[^"]+","headers":\{"Trace":"7"\},"data":\{"n": 12345678901234567890, "a":1\.0\}\}$/,
  )
  assert.match(sealed, /"subject":"sealed\.new".*"data":\{"s":1\}\}$/)
})

test('what is no file of letters is refused as a whole, nothing of it is sent', async () => {
  const file = join(folder, 'wrong.ndjson')
  writeFileSync(
    file,
    `${JSON.stringify({ subject: '$HUB.DLQ.orders.x', headers: { 'Dead-Letter-Subject': 'orders.x', 'Dead-Letter-Reason': 'r' }, data: {} })}\nsecret stuff\n`,
  )
  const { code, err } = await run(['redrive', file, '--server', server], { cwd: folder })
  assert.equal(code, 1)
  assert.match(err, /wrong\.ndjson:2: /)
  assert.doesNotMatch(err, /secret stuff/)
  assert.equal((await run(['redrive', join(folder, 'none')])).code, 2)
})

test('tap after shows what became of messages; before is denied until the configuration allows it', async () => {
  const denied = await run(['tap', 'before', '--server', server])
  assert.equal(denied.code, 77)
  assert.match(denied.err, /scrub\.tap: true/)
  await reload(config(strict, true))
  for (const side of ['before', 'after']) {
    const tap = start(['tap', side, 'orders.>', '--count', '2', '--server', server])
    await tap.until(({ err }) => err.includes('looking at'))
    await run(['pub', 'orders.a', '{"id":1}', '--server', server])
    await run(['pub', 'orders.b', '{"no":1}', '--server', server])
    const rows = (await tap.ended()).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      rows.map(({ subject, data, headers = {} }) => [subject, data, headers['Wirehub-Tap-Outcome']]),
      side === 'before'
        ? [
            ['$HUB.TAP.before.orders.a', { id: 1 }, undefined],
            ['$HUB.TAP.before.orders.b', { no: 1 }, undefined],
          ]
        : [
            ['$HUB.TAP.after.orders.a', { id: 1 }, 'unchanged'],
            ['$HUB.TAP.after.orders.b', '', 'rejected'],
          ],
    )
  }
  assert.equal((await run(['tap', 'sideways'])).code, 2)
})
