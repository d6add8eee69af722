/** The programs of examples/tcp: by themselves, with the hub in the server's place, and with the hub dialling the server. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import { createHub, type Hub, type HubOptions } from '@wirehub/hub'
import { program, server } from './program.ts'

const CONVERSATION = 'Hello World! exit\nconnection closed\n'

async function hubFor(t: TestContext, options: HubOptions): Promise<{ hub: Hub; ports: number[] }> {
  const hub = await createHub(options)
  t.after(() => hub.close())
  return { hub, ports: hub.addresses.map((address) => address.port ?? 0) }
}

for (const client of ['echo-client.js', 'echo-client-promise.js']) {
  test(`${client} and echo-server.js by themselves`, async (t) => {
    const { running, port } = await server(t, 'echo-server.js')
    assert.equal(await program(t, client, port).ended(), CONVERSATION)
    await running.printed(/says: .*\n/)
    assert.match(running.output, /^listening on 127\.0\.0\.1:\d+\n127\.0\.0\.1:\d+ says: Hello World!\n$/)
  })

  test(`${client} through the hub: the echo service is a program on the lines port`, async (t) => {
    const { ports } = await hubFor(t, { listen: ['lines://127.0.0.1:0', 'raw://127.0.0.1:0?framing=chunk'] })
    const service = program(t, 'echo-service.js', ports[0])
    await service.printed(/serving\n/)
    assert.equal(await program(t, client, ports[1]).ended(), CONVERSATION)
    await service.printed(/says: .*\n/)
    assert.match(service.output, /^serving\n_INBOX\.\S+ says: Hello World!\n$/)
  })

  test(`${client} through the hub: the echo service is embedded`, async (t) => {
    const { hub, ports } = await hubFor(t, { listen: ['raw://127.0.0.1:0?framing=chunk'] })
    const said: string[] = []
    hub.subscribe('tcp.in', (message) => {
      said.push(message.text())
      hub.publish(message.reply as string, `${message.text()} exit`)
    })
    assert.equal(await program(t, client, ports[0]).ended(), CONVERSATION)
    assert.deepEqual(said, ['Hello World!'])
  })
}

test('echo-client.js through the hub: the echo service is an official NATS client', async (t) => {
  const { ports } = await hubFor(t, { listen: ['nats://127.0.0.1:0', 'raw://127.0.0.1:0?framing=chunk'] })
  const nats = await connect({ servers: `127.0.0.1:${ports[0]}` })
  t.after(() => nats.close())
  nats.subscribe('tcp.in', { callback: (_error, message) => void message.respond(`${message.string()} exit`) })
  await nats.flush()
  assert.equal(await program(t, 'echo-client.js', ports[1]).ended(), CONVERSATION)
})

test('the hub dials echo-server.js: what is published goes to the server, what it says is published', async (t) => {
  const { running, port } = await server(t, 'echo-server.js')
  const { hub } = await hubFor(t, { connect: [`raw://127.0.0.1:${port}?framing=chunk&in=echo.said&out=echo.say`] })
  const heard = new Promise<string>((resolve) => {
    let text = ''
    hub.subscribe('echo.said', (message) => {
      text += message.text()
      if (text.endsWith('exit')) resolve(text)
    })
  })
  await hub.core.dialers[0].connected()
  assert.equal(hub.publish('echo.say', 'Hello World!'), 1)
  assert.equal(await heard, 'Hello World! exit')
  await running.printed(/says: .*\n/)
  assert.match(running.output, /^listening on \S+\n127\.0\.0\.1:\d+ says: Hello World!\n$/)
})

test('broadcast-server.js by itself: what one says, all others hear', async (t) => {
  const { running, port } = await server(t, 'broadcast-server.js')
  const [one, other, speaker] = [1, 2, 3].map(() => program(t, 'printer.js', port))
  await running.printed(/connected sockets: 3\n/)
  speaker.child.stdin?.write('Good morning')
  await Promise.all([one, other].map((listener) => listener.printed(/Good morning/)))
  assert.deepEqual([one.output, other.output, speaker.output], ['Good morning', 'Good morning', ''])
})

test('the hub in its place: one subject in and out, and a socket does not hear itself', async (t) => {
  const { hub, ports } = await hubFor(t, { listen: ['raw://127.0.0.1:0?framing=chunk&in=chat&out=chat&echo=false'] })
  const [one, other, speaker] = [1, 2, 3].map(() => program(t, 'printer.js', ports[0]))
  await Promise.all([one, other, speaker].map((each) => each.printed(/connected/)))
  while (hub.core.connections.size < 3) await setTimeout(5)
  speaker.child.stdin?.write('Good morning')
  await Promise.all([one, other].map((listener) => listener.printed(/Good morning/)))
  assert.deepEqual([one.output, other.output, speaker.output], ['Good morning', 'Good morning', ''])
})

test('printer.js prints what a service publishes for all sockets', async (t) => {
  const { hub, ports } = await hubFor(t, { listen: ['raw://127.0.0.1:0?framing=newline'] })
  const printer = program(t, 'printer.js', ports[0])
  printer.child.stdin?.write('here I am\n')
  await new Promise<void>((resolve) => void hub.subscribe('tcp.in', () => resolve()))
  hub.publish('tcp.out', 'a line')
  await printer.printed(/a line\n/)
  assert.equal(printer.output, 'a line\n')
})

test('the pair over IPC, by itself and through the hub', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'echo.sock')
  const alone = program(t, 'ipc-echo-server.js', path)
  await alone.printed(/listening on .*\n/)
  assert.equal(await program(t, 'ipc-echo-client.js', path).ended(), CONVERSATION)
  await alone.printed(/says: .*\n/)
  assert.equal(alone.output, `listening on ${path}\nsomebody on this machine says: Hello World!\n`)

  // It is killed, and leaves its socket behind: the hub takes its place.
  alone.child.kill('SIGKILL')
  await alone.ended()
  const { hub } = await hubFor(t, { listen: [`raw+unix://${path}?framing=chunk`] })
  hub.subscribe('tcp.in', (message) => void hub.publish(message.reply as string, `${message.text()} exit`))
  assert.equal(await program(t, 'ipc-echo-client.js', path).ended(), CONVERSATION)
})

test('split-exit.js shows the hang, and what mends it', async (t) => {
  assert.equal(
    await program(t, 'split-exit.js').ended(),
    `Looking at each read by itself:
  read "Hello World! ex"
  read "it"
  no read ended in "exit": the client hangs
With a frame for each message (here: a line):
  read "Hello World!\\nex"
  message "Hello World!"
  read "it\\n"
  message "exit"
  the client hangs up
`,
  )
})

test('a newline listener of the hub mends it too: a message is a line, however it was cut', async (t) => {
  const { hub, ports } = await hubFor(t, { listen: ['raw://127.0.0.1:0?framing=newline'] })
  const said: string[] = []
  const done = new Promise<void>((resolve) => {
    hub.subscribe('tcp.in', (message) => {
      said.push(message.text())
      if (message.text() === 'exit') resolve()
    })
  })
  const printer = program(t, 'printer.js', ports[0])
  await printer.printed(/connected/)
  printer.child.stdin?.write('Hello World!\nex')
  while (said.length < 1) await setTimeout(5)
  printer.child.stdin?.write('it\n')
  await done
  assert.deepEqual(said, ['Hello World!', 'exit'])
})
