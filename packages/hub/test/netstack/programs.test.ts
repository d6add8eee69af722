/** The programs of examples/tcp, unmodified, on simulated machines: by themselves, with the hub in the server's place, dialled by the hub. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate, type World } from '@wirehub/netstack/sim'
import { SimProgram } from './programs.ts'
import { captured, FAULTY, hubOn, star } from './world.ts'

const CONVERSATION = 'Hello World! exit\nconnection closed\n'
const MACHINES = star(['hub', 'server', 'client', 'one', 'other', 'speaker'])

/** Runs the body twice on one seed, and asserts that every byte on every wire was the same. */
async function simulated(seed: number, body: (world: World) => Promise<void>): Promise<void> {
  const captures: Buffer[] = []
  for (let run = 0; run < 2; run++) {
    await simulate({ ...MACHINES, seed }, async (world) => {
      const capture = captured(world)
      await body(world)
      captures.push(capture())
    })
  }
  assert.ok(captures[0].length > 1000)
  assert.ok(captures[0].equals(captures[1]), 'the captures of one seed differ')
}

async function server(world: World, name: string): Promise<SimProgram> {
  const program = new SimProgram(world.host('server'), name, [1337], 'server')
  await world.until(() => /^listening on .*\n/.test(program.output))
  return program
}

/** Waits for what else might be printed, too. */
async function assertPrints(world: World, program: SimProgram, expected: string | RegExp): Promise<void> {
  const isThere = (): boolean =>
    typeof expected === 'string' ? program.output.length >= expected.length : expected.test(program.output)
  await world.until(isThere)
  await world.sleep(5000)
  if (typeof expected === 'string') assert.equal(program.output, expected)
  else assert.match(program.output, expected)
}

for (const name of ['echo-client.js', 'echo-client-promise.js']) {
  test(`${name} and echo-server.js by themselves`, () =>
    simulated(1, async (world) => {
      const running = await server(world, 'echo-server.js')
      await assertPrints(world, new SimProgram(world.host('client'), name, [1337], 'server'), CONVERSATION)
      assert.match(running.output, /^listening on 127\.0\.0\.1:1337\n10\.\S+:\d+ says: Hello World!\n$/)
    }))

  test(`${name} through the hub: the echo service is a program on the lines port`, () =>
    simulated(2, async (world) => {
      const listen = ['lines://0.0.0.0:4224?insecure=1', 'raw://0.0.0.0:1337?framing=chunk&insecure=1']
      const hub = await hubOn(world.host('hub'), { listen })
      const service = new SimProgram(world.host('server'), 'echo-service.js', [4224], 'hub')
      await world.until(() => service.output === 'serving\n')
      await assertPrints(world, new SimProgram(world.host('client'), name, [1337], 'hub'), CONVERSATION)
      assert.match(service.output, /^serving\n_INBOX\.\S+ says: Hello World!\n$/)
      await hub.close()
    }))
}

test('the hub dials echo-server.js', () =>
  simulated(3, async (world) => {
    const running = await server(world, 'echo-server.js')
    const connect = ['raw://server:1337?framing=chunk&in=echo.said&out=echo.say']
    const hub = await hubOn(world.host('hub'), { connect })
    let said = ''
    hub.subscribe('echo.said', (message) => {
      said += message.text()
    })
    await hub.core.dialers[0].connected()
    assert.equal(hub.publish('echo.say', 'Hello World!'), 1)
    await assertPrints(world, running, /^listening on 127\.0\.0\.1:1337\n10\.\S+:\d+ says: Hello World!\n$/)
    assert.equal(said, 'Hello World! exit')
    await hub.close()
  }))

for (const place of ['server', 'hub']) {
  test(`what one printer.js says, all others hear: ${place === 'hub' ? 'the hub' : 'broadcast-server.js'}`, () =>
    simulated(4, async (world) => {
      const isHub = place === 'hub'
      const listen = ['raw://0.0.0.0:1337?framing=chunk&in=chat&out=chat&echo=false&insecure=1']
      const hub = isHub ? await hubOn(world.host('hub'), { listen }) : undefined
      const running = isHub ? undefined : await server(world, 'broadcast-server.js')
      const hosts = ['one', 'other', 'speaker']
      const printers = hosts.map((name) => new SimProgram(world.host(name), 'printer.js', [1337], place))
      const [one, other, speaker] = printers
      await world.until(() => printers.every((each) => each.output === 'connected\n'))
      await world.until(() => hub?.core.connections.size === 3 || /sockets: 3\n/.test(running?.output ?? ''))
      speaker.stdin.write('Good morning')
      await assertPrints(world, one, 'connected\nGood morning')
      await assertPrints(world, other, 'connected\nGood morning')
      assert.equal(speaker.output, 'connected\n')
      for (const each of printers) each.stdin.end()
      if (running) {
        const counts = [1, 2, 3, 2, 1, 0].map((count) => `connected sockets: ${count}\n`).join('')
        await assertPrints(world, running, `listening on 127.0.0.1:1337\n${counts}`)
      }
      await hub?.close()
    }))
}

test('the pair over IPC, on one machine', () =>
  simulate({ hosts: { machine: {} }, links: [], seed: 5 }, async (world) => {
    const machine = world.host('machine')
    const path = '/tmp/echo-of-a-simulation.sock'
    const running = new SimProgram(machine, 'ipc-echo-server.js', [path])
    await world.until(() => running.output === `listening on ${path}\n`)
    await assertPrints(world, new SimProgram(machine, 'ipc-echo-client.js', [path]), CONVERSATION)
    assert.equal(running.output, `listening on ${path}\nsomebody on this machine says: Hello World!\n`)
  }))

test('split-exit.js over a loopback that loses and reorders: the same output', () =>
  simulate({ hosts: { machine: { loopback: FAULTY } }, links: [], seed: 6 }, async (world) => {
    await assertPrints(
      world,
      new SimProgram(world.host('machine'), 'split-exit.js', []),
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
  }))
