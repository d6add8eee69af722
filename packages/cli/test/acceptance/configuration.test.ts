/** Mistakes in a configuration, at the start and at HUP: file, line, column, what was expected, the nearest key; what was in force stays in force. */
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { connect } from '@nats-io/transport-node'
import { type Running, run, start } from '../support/run.ts'

const certificates = new URL('../../../hub/test/nats/fixtures/tls/', import.meta.url)
const LISTEN = 'listen: [nats://127.0.0.1:0]\n'

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'wirehub-config-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

/** A wrong file, where the mistake stands, and what is said of it. */
const mistakes: readonly (readonly [name: string, text: string, place: string, sentence: RegExp])[] = [
  [
    'unknown key',
    `${LISTEN}limits:\n  maxPayloadBites: 1\n`,
    '3:3',
    /Unknown key 'maxPayloadBites'\. Did you mean 'maxPayloadBytes'\?/,
  ],
  [
    'unknown key in a list',
    `${LISTEN}authorization:\n  users:\n    - user: a\n      passwrd: b\n`,
    '5:7',
    /Unknown key 'passwrd'\. Did you mean 'password'\?/,
  ],
  [
    'wrong type',
    `${LISTEN}limits: { maxPayloadBytes: much }\n`,
    '2:28',
    /'limits\.maxPayloadBytes' cannot be "much"\. Expected: number/,
  ],
  ['wrong word', `${LISTEN}log: { level: loud }\n`, '2:15', /'log\.level' cannot be "loud"\. Expected: .*"debug"/],
  ['a list for a mapping', `${LISTEN}limits: [1]\n`, '2:9', /'limits' cannot be a list\. Expected: keys with values/],
  ['a file that is a list', '- a\n', '1:1', /The file cannot be a list/],
  ['no YAML', 'listen: [nats://127.0.0.1:0\nlimits: {}\n', '2:1', /./],
  ['a key twice', `${LISTEN}listen: []\n`, '2:1', /unique/],
  ['unknown protocol', 'listen:\n  - natz://127.0.0.1:0\n', '2:5', /No gateway speaks 'natz'\. Did you mean 'nats'\?/],
  [
    'unknown option of a listener',
    'listen:\n  - url: raw://127.0.0.1:0?framin=nul\n',
    '2:10',
    /no option 'framin'\. Did you mean 'framing'\?/,
  ],
  [
    'wrong option of a listener',
    'listen:\n  - raw://127.0.0.1:0?framing=none\n',
    '2:5',
    /framing=none .* It may be chunk, newline/,
  ],
  ['a port that is none', 'listen: [nats://127.0.0.1:99999]\n', '1:10', /larger than 65535/],
  [
    'no subject',
    `${LISTEN}authorization:\n  users:\n    - user: a\n      password: b\n      permissions:\n        publish: [ok, a..b]\n`,
    '7:18',
    /"a\.\.b" is not a subject/,
  ],
  ['nobody of that name', `${LISTEN}authorization: { noAuthUser: ghost }\n`, '2:30', /There is no such user/],
  [
    'a certificate that is not there',
    `${LISTEN}tls: { cert: gone.pem, key: gone-key.pem }\n`,
    '2:14',
    /gone\.pem: Cannot read this file: ENOENT/,
  ],
  [
    'a password file that is not there',
    `${LISTEN}authorization:\n  users: [{ user: a, passwordFile: gone }]\n`,
    '3:36',
    /gone: Cannot read this file/,
  ],
  [
    'a detector that there is none of',
    `${LISTEN}scrub:\n  policies:\n    - name: p\n      subjects: [a]\n      stages: [{ redact: [{ name: r, detectors: defalt, action: remove }] }]\n`,
    '6:49',
    /no detector "defalt"\. Did you mean "default"\?/,
  ],
  ['open to strangers', 'listen: [nats://0.0.0.0:0]\n', '1:10', /open to other machines/],
]

test('at the start: exit code 78, and nothing runs; check says the same', async () => {
  for (const [name, text, place, sentence] of mistakes) {
    const file = join(folder, 'start.yaml')
    writeFileSync(file, text)
    for (const command of [
      ['serve', '--config', file],
      ['check', file],
    ]) {
      const { code, err } = await run(command)
      assert.equal(code, 78, `${name}: ${command[0]} ${err}`)
      assert.ok(err.includes(`start.yaml:${place}: `), `${name}: ${command[0]}: ${err}`)
      assert.match(err, sentence, name)
    }
  }
})

/** Serves a file; the ports file tells where. */
async function serve(t: TestContext, file: string): Promise<{ running: Running; port: number }> {
  const ports = `${file}.ports`
  const running = start(['serve', '--config', file, '--ports-file', ports, '--quiet'])
  t.after(() => running.stop('SIGKILL'))
  await running.until(() => existsSync(ports))
  const { listeners } = JSON.parse(readFileSync(ports, 'utf8')) as { listeners: { port: number }[] }
  return { running, port: listeners[0].port }
}

/** Sends HUP and waits for what is said about it. */
async function hangUp({ running }: { running: Running }, words: string): Promise<string> {
  const before = running.err.length
  running.child.kill('SIGHUP')
  await running.until(({ err }) => err.slice(before).includes(words) && err.endsWith('\n'))
  return running.err.slice(before)
}

const KEPT = 'the old one stays in force'
const TAKEN = 'is in force.'

test('at HUP: the old configuration stays in force, entirely, whatever is wrong with the new one', async (t) => {
  const file = join(folder, 'reload.yaml')
  const right = `${LISTEN}authorization: { users: [{ user: ann, password: pw, permissions: { publish: [a], subscribe: [">"] } }] }\n`
  writeFileSync(file, right)
  const served = await serve(t, file)
  const client = await connect({ port: served.port, user: 'ann', pass: 'pw', reconnect: false })
  const seen = client.subscribe('>')[Symbol.asyncIterator]()
  await client.flush()
  for (const [name, text, place, sentence] of mistakes) {
    writeFileSync(file, text)
    const said = await hangUp(served, KEPT)
    assert.ok(said.includes(`reload.yaml:${place}: `), `${name}: ${said}`)
    assert.match(said, sentence, name)
    // Whoever is there goes on; whoever comes needs what was needed before.
    client.publish('a', name)
    assert.equal((await seen.next()).value?.string(), name)
    await assert.rejects(connect({ port: served.port, reconnect: false }), name)
  }
  const fresh = await connect({ port: served.port, user: 'ann', pass: 'pw', reconnect: false })
  await fresh.close()
  writeFileSync(file, right.replace('pw', 'other'))
  await hangUp(served, TAKEN)
  await client.closed()
  await (await connect({ port: served.port, user: 'ann', pass: 'other', reconnect: false })).close()
  assert.equal((await served.running.stop()).code, 0)
})

function peerName(port: number, ca: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', ca, checkServerIdentity: () => undefined }, () => {
      const name = String(socket.getPeerCertificate().subject.CN)
      socket.destroy()
      resolve(name)
    })
    socket.on('error', reject)
  })
}

test('certificates are replaced at HUP; a broken one changes nothing; connections go on', async (t) => {
  const place = (name: string): string => join(folder, name)
  const put = (from: string): void => {
    copyFileSync(new URL(`${from}.pem`, certificates), place('cert.pem'))
    copyFileSync(new URL(`${from}-key.pem`, certificates), place('key.pem'))
  }
  put('server')
  const ca = readFileSync(new URL('ca.pem', certificates))
  const file = place('tls.yaml')
  writeFileSync(file, `${LISTEN}tls: { cert: cert.pem, key: key.pem, handshakeFirst: true }\n`)
  const served = await serve(t, file)
  const client = await connect({
    servers: `localhost:${served.port}`,
    tls: { ca: ca.toString(), handshakeFirst: true },
    reconnect: false,
  })
  assert.equal(await peerName(served.port, ca), 'localhost')
  writeFileSync(place('cert.pem'), 'no certificate')
  assert.match(await hangUp(served, KEPT), /tls\.yaml:2:\d+: .*TLS cannot be set up/)
  assert.equal(await peerName(served.port, ca), 'localhost')
  rmSync(place('cert.pem'))
  assert.match(await hangUp(served, KEPT), /tls\.yaml:2:14: .*cert\.pem: Cannot read this file/)
  put('server-next')
  await hangUp(served, TAKEN)
  assert.equal(await peerName(served.port, ca), 'localhost next')
  await client.flush()
  await client.close()
  await served.running.stop()
})

/** The same in nats-server's syntax. */
const confMistakes: readonly (readonly [name: string, text: string, place: string, sentence: RegExp])[] = [
  ['unknown field', 'prot: 4222\n', '1:1', /unknown field .*prot.* Did you mean 'port'/i],
  [
    'unknown field in a block',
    'authorization {\n  users: [\n    { usr: a, password: b }\n  ]\n}\n',
    '3:7',
    /Did you mean 'user'/,
  ],
  ['wrong type', 'max_payload: "much"\n', '1:', /max_payload/],
  ['a bracket that does not close', 'authorization {\n  user: a\n', '', /authorization|brace|block|end/i],
  ['an include that is not there', 'include "gone.conf"\n', '1:', /gone\.conf/],
  ['a variable that is not set', 'port: $NOBODY_SET_THIS\n', '1:', /NOBODY_SET_THIS/],
]

test("in nats-server's syntax, at the start and at HUP", async () => {
  for (const [name, text, place, sentence] of confMistakes) {
    const file = join(folder, 'start.conf')
    writeFileSync(file, text)
    const { code, err } = await run(['nats-server', '-c', file, '-a', '127.0.0.1', '-p', '-1'])
    assert.equal(code, 78, `${name}: ${err}`)
    assert.ok(err.includes(`start.conf:${place}`), `${name}: ${err}`)
    assert.match(err, sentence, name)
  }
  const file = join(folder, 'hub.conf')
  writeFileSync(file, 'authorization { user: ann, password: pw }\n')
  const running = start(['nats-server', '-c', file, '-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', folder])
  await running.until(({ err }) => err.includes('Server is ready'))
  const ports = JSON.parse(readFileSync(join(folder, `nats-server_${running.child.pid}.ports`), 'utf8')) as {
    nats: string[]
  }
  const port = Number(new URL(ports.nats[0]).port)
  const client = await connect({ port, user: 'ann', pass: 'pw', reconnect: false })
  for (const [name, text, place, sentence] of confMistakes) {
    writeFileSync(file, text)
    const said = await hangUp({ running }, 'Failed to reload')
    assert.ok(said.includes(`hub.conf:${place}`), `${name}: ${said}`)
    assert.match(said, sentence, name)
    await client.flush()
    await assert.rejects(connect({ port, reconnect: false }))
  }
  await client.close()
  await running.stop()
})
