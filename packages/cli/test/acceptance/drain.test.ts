/** The end of a hub under load: what was accepted arrives, a second signal ends it at once, nobody can hold it up. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Running, start } from '../support/run.ts'

interface Served {
  readonly running: Running
  readonly nats: number
  readonly lines: number
  readonly http: number
}

async function serve(t: TestContext, env: Record<string, string> = {}): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-drain-'))
  const file = join(folder, 'ports.json')
  const listen = ['nats', 'lines', 'http'].flatMap((scheme) => ['--listen', `${scheme}://127.0.0.1:0`])
  const running = start(['serve', ...listen, '--ports-file', file, '--quiet'], { cwd: folder, env })
  t.after(async () => {
    await running.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  await running.until(() => existsSync(file))
  const { listeners } = JSON.parse(readFileSync(file, 'utf8')) as { listeners: { scheme: string; port: number }[] }
  const port = (scheme: string): number => listeners.find((one) => one.scheme === scheme)?.port ?? 0
  return { running, nats: port('nats'), lines: port('lines'), http: port('http') }
}

/** A connection whose lines are looked at one by one. */
class Peer {
  readonly socket: net.Socket
  readonly ended: Promise<unknown>
  error: Error | undefined
  #rest = ''

  constructor(port: number, hello: string, online: (line: string) => void) {
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    this.socket.on('error', (error) => {
      this.error = error
    })
    this.ended = new Promise((resolve) => this.socket.once('close', resolve))
    this.socket.on('data', (chunk: Buffer) => {
      const lines = (this.#rest + chunk.toString('latin1')).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) online(line.trimEnd())
    })
    this.socket.write(hello)
  }
}

const SUBSCRIBERS = 20
const PUBLISHERS = 5

/** Notes what it gets from each publisher, by number. */
function subscriber({ nats, lines }: Served, index: number): { peer: Peer; ready: Promise<void>; seen: number[][] } {
  const seen: number[][] = Array.from({ length: PUBLISHERS }, () => [])
  let subscribed = (): void => {}
  const ready = new Promise<void>((resolve) => {
    subscribed = resolve
  })
  const note = (line: string): void => {
    if (line === 'PONG' || line === '{"op":"ok"}') subscribed()
    const said = /p(\d)n(\d+)/.exec(line)
    if (said !== null && !line.startsWith('MSG')) seen[Number(said[1])].push(Number(said[2]))
  }
  const peer =
    index % 4 === 3
      ? new Peer(lines, '{"op":"sub","subject":"load.>"}\n', note)
      : new Peer(nats, `CONNECT {"verbose":false}\r\nSUB load.> ${index}\r\nPING\r\n`, note)
  return { peer, ready, seen }
}

/** Publishes batch after batch; `accepted` is how many the hub has confirmed. */
function publisher({ nats, lines }: Served, index: number): { peer: Peer; accepted(): number; begun: Promise<void> } {
  let sent = 0
  let accepted = 0
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const payload = (): string => `p${index}n${sent++}`
  const byLines = index % 2 === 1
  const batch = (): string => {
    let text = ''
    if (byLines) {
      for (let i = 0; i < 20; i++)
        text += `{"op":"pub","subject":"load.${index}","data":"${payload()}"${i === 19 ? ',"ack":true' : ''}}\n`
      return text
    }
    for (let i = 0; i < 50; i++) {
      const one = payload()
      text += `PUB load.${index} ${one.length}\r\n${one}\r\n`
    }
    return `${text}PING\r\n`
  }
  const peer = new Peer(byLines ? lines : nats, byLines ? '' : 'CONNECT {"verbose":false}\r\n', (line) => {
    if (line !== 'PONG' && !line.startsWith('{"op":"ok"')) return
    accepted = sent
    if (accepted > 2000) begin()
    if (peer.socket.writable) peer.socket.write(batch())
  })
  peer.socket.write(batch())
  return { peer, accepted: () => accepted, begun }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} under load: ${SUBSCRIBERS} subscribers get everything that ${PUBLISHERS} publishers were told is in`, async (t) => {
    const served = await serve(t)
    const subscribers = Array.from({ length: SUBSCRIBERS }, (_, index) => subscriber(served, index))
    await Promise.all(subscribers.map(({ ready }) => ready))
    const publishers = Array.from({ length: PUBLISHERS }, (_, index) => publisher(served, index))
    await Promise.all(publishers.map(({ begun }) => begun))
    const { code } = await served.running.stop(signal)
    assert.equal(code, 0)
    await Promise.all([...subscribers, ...publishers].map(({ peer }) => peer.ended))
    for (const [index, { accepted }] of publishers.entries()) {
      assert.ok(accepted() > 2000)
      for (const { seen } of subscribers) {
        assert.ok(seen[index].length >= accepted(), `${seen[index].length} of ${accepted()}`)
        assert.ok(
          seen[index].every((number, at) => number === at),
          'in order, none twice',
        )
      }
    }
    for (const { peer } of subscribers) assert.equal(peer.error, undefined)
    t.diagnostic(`accepted ${publishers.map(({ accepted }) => accepted()).join(', ')}`)
  })
}

/** Somebody who does not read what it is sent, so that it cannot be drained. */
async function stuck(served: Served): Promise<Peer> {
  let ready = (): void => {}
  const subscribed = new Promise<void>((resolve) => {
    ready = resolve
  })
  const peer = new Peer(served.nats, 'CONNECT {"verbose":false}\r\nSUB a 1\r\nPING\r\n', (line) => {
    if (line === 'PONG') ready()
  })
  await subscribed
  peer.socket.pause()
  const filled = new Promise<void>((resolve) => {
    const filler = new Peer(
      served.nats,
      `CONNECT {"verbose":false}\r\n${`PUB a 1000000\r\n${'x'.repeat(1_000_000)}\r\n`.repeat(20)}PING\r\n`,
      (line) => {
        if (line !== 'PONG') return
        filler.socket.destroy()
        resolve()
      },
    )
  })
  await filled
  return peer
}

test('a second signal ends it at once, and says by its exit code that it was not in order', async (t) => {
  const served = await serve(t)
  const peer = await stuck(served)
  served.running.child.kill('SIGTERM')
  await served.running.until(({ err }) => err.includes('a second signal ends at once'))
  served.running.child.kill('SIGTERM')
  const { code } = await served.running.ended()
  assert.equal(code, 1)
  peer.socket.destroy()
})

test('who does not take its bytes is cut at the deadline, and the end is in order', async (t) => {
  const served = await serve(t, { WIREHUB_LIMITS_DRAIN_TIMEOUT_MS: '200' })
  const peer = await stuck(served)
  const { code } = await served.running.stop('SIGTERM')
  assert.equal(code, 0)
  peer.socket.destroy()
})

test('nobody who has nothing to get holds it up: silent, half-closed, in the middle of a line or of a request', async (t) => {
  const served = await serve(t)
  const peers = [
    new Peer(served.nats, '', () => {}),
    new Peer(served.nats, 'SUB half', () => {}),
    new Peer(served.lines, '{"op":', () => {}),
    new Peer(served.http, 'GET /varz HTTP/1.1\r\nHos', () => {}),
    new Peer(served.http, '', () => {}),
  ]
  const halfOpen = net.connect({ port: served.lines, host: '127.0.0.1', allowHalfOpen: true })
  halfOpen.on('error', () => {})
  halfOpen.resume()
  await Promise.all(
    [...peers.map(({ socket }) => socket), halfOpen].map((one) => one.readyState === 'open' || once(one, 'connect')),
  )
  const { code } = await served.running.stop('SIGTERM')
  assert.equal(code, 0)
  await Promise.all(peers.map(({ ended }) => ended))
  halfOpen.destroy()
})
