/** The official client, nc, the programs of examples/tcp and an EventEmitter in the hub's own process exchange events through one hub. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { createHub } from '@wirehub/hub'
import { program } from '../examples/program.ts'

const hasNetcat = spawnSync('nc', ['-h']).error === undefined
const ROOM = 'room.talk'

/** Lines that a program has printed; resolves when there are enough. */
class Lines {
  readonly all: string[] = []
  #partial = ''
  #wake: (() => void)[] = []

  constructor(child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (this.#partial + text).split('\n')
      this.#partial = parts.pop() ?? ''
      this.add(...parts)
    })
  }

  add(...lines: string[]): void {
    this.all.push(...lines)
    for (const wake of this.#wake.splice(0)) wake()
  }

  async count(wanted: number): Promise<string[]> {
    while (this.all.length < wanted) await new Promise<void>((resolve) => this.#wake.push(resolve))
    return this.all
  }
}

function netcat(t: TestContext, ...args: string[]): { child: ChildProcess; lines: Lines } {
  const child = spawn('nc', args, { stdio: ['pipe', 'pipe', 'ignore'] })
  t.after(() => child.kill('SIGKILL'))
  return { child, lines: new Lines(child) }
}

test('everybody hears everybody', { skip: !hasNetcat && 'nc is not installed' }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-'))
  const path = join(folder, 'hub.sock')
  const hub = await createHub({
    listen: [
      'nats://127.0.0.1:0',
      'lines://127.0.0.1:0',
      `lines+unix://${path}`,
      `raw://127.0.0.1:0?framing=newline&in=${ROOM}&out=${ROOM}`,
      'raw://127.0.0.1:0?framing=chunk',
    ],
  })
  t.after(async () => {
    await hub.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const [natsPort, linesPort, , rawPort, echoPort] = hub.addresses.map((one) => one.port as number)

  // An emitter in this process.
  const embedded: string[] = []
  hub.on(ROOM, (said) => void embedded.push(String(said)))

  // The official client.
  const nats = await connect({ port: natsPort })
  t.after(() => nats.close())
  const official: string[] = []
  nats.subscribe(ROOM, { callback: (_error, message) => void official.push(message.string()) })
  await nats.flush()

  // nc, over TCP and over a Unix socket.
  const tcp = netcat(t, '127.0.0.1', String(linesPort))
  const ipc = netcat(t, '-U', path)
  for (const { child, lines } of [tcp, ipc]) {
    child.stdin?.write(`{"op":"sub","subject":"${ROOM}"}\n`)
    assert.deepEqual(await lines.count(1), ['{"op":"ok"}'])
  }

  // A hand-written program that prints what it is sent, and sends what is typed.
  const printer = program(t, 'printer.js', rawPort)
  const printed = new Lines(printer.child)
  await printer.printed(/connected/)
  while (hub.core.defaultAccount.subscriptionCount < 5) await new Promise((resolve) => setTimeout(resolve, 2))

  // Each speaks once, after the one before has been heard by all: so the order is the same everywhere.
  const said = [
    'from the emitter',
    'from the official client',
    'from nc',
    'from nc over IPC',
    'from a hand-written program',
  ]
  const speak = [
    () => void hub.emit(ROOM, said[0]),
    () => void nats.publish(ROOM, said[1]),
    () => void tcp.child.stdin?.write(`{"op":"pub","subject":"${ROOM}","data":"${said[2]}"}\n`),
    () => void ipc.child.stdin?.write(`{"op":"pub","subject":"${ROOM}","data":"${said[3]}"}\n`),
    () => void printer.child.stdin?.write(`${said[4]}\n`),
  ]
  for (const [at, one] of speak.entries()) {
    one()
    await printed.count(at + 1)
    await tcp.lines.count(at + 2)
    await ipc.lines.count(at + 2)
    while (embedded.length <= at || official.length <= at) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  assert.deepEqual(embedded, said)
  assert.deepEqual(official, said)
  assert.deepEqual(printed.all, said)
  for (const { lines } of [tcp, ipc]) {
    const messages = lines.all.slice(1).map((line) => JSON.parse(line) as { op: string; subject: string; data: string })
    assert.deepEqual(
      messages.map((one) => one.data),
      said,
    )
    assert.ok(messages.every((one) => one.op === 'msg' && one.subject === ROOM))
  }

  // The echo client of the examples is answered by the emitter, through the same hub, while everybody listens in.
  const overheard: string[] = []
  nats.subscribe('tcp.in', { callback: (_error, message) => void overheard.push(message.string()) })
  await nats.flush()
  hub.subscribe('tcp.in', (message) => message.respond(`${message.text()} exit`))
  assert.equal(await program(t, 'echo-client.js', echoPort).ended(), 'Hello World! exit\nconnection closed\n')
  await nats.flush()
  assert.deepEqual(overheard, ['Hello World!'])
})
