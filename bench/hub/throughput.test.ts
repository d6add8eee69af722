// The harness must not believe a server that loses, repeats or changes messages, closes a connection, or answers nothing.
import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { encodeBatches, type LoadSpec } from './load.ts'
import { ThroughputBench } from './throughput.ts'

const spec: LoadSpec = {
  publishers: 1,
  subscribers: 2,
  interest: 'x',
  distinctSids: true,
  pattern: () => [{ subject: 'x', size: 32 }],
}

type Fault = 'none' | 'pings' | 'loses' | 'repeats' | 'changes' | 'closes' | 'refuses' | 'silent'

const servers: Server[] = []
const benches: ThroughputBench[] = []
const sockets: Socket[] = []
afterEach(() => {
  for (const bench of benches.splice(0)) bench.close()
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** The least that passes for a NATS server, with one fault. */
async function broker(fault: Fault): Promise<{ port: number; cpuSeconds: () => number }> {
  const subscribers = new Map<Socket, string>()
  let delivered = 0
  const deliver = (subject: string, size: string, payload: string) => {
    delivered += 1
    for (const [socket, sid] of subscribers) {
      const message = `MSG ${subject} ${sid} ${size}\r\n${payload}\r\n`
      if (delivered === 10 && fault === 'pings') socket.write('PING\r\n')
      if (delivered === 10 && fault === 'loses') continue
      if (delivered === 10 && fault === 'repeats') socket.write(message)
      if (delivered === 10 && fault === 'closes') socket.destroy()
      if (delivered === 10 && fault === 'refuses') socket.write("-ERR 'Slow Consumer'\r\n")
      if (fault !== 'silent') socket.write(delivered === 10 && fault === 'changes' ? message.toUpperCase() : message)
    }
  }
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    let text = ''
    socket.on('data', (chunk) => {
      const lines = (text + chunk.toString('latin1')).split('\r\n')
      text = lines.pop()!
      for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
        const [operation, subject, third] = line.split(' ')
        if (operation === 'PING') socket.write('PONG\r\n')
        if (operation === 'SUB') subscribers.set(socket, third!)
        if (operation !== 'PUB') continue
        if (lines.length === 0) {
          text = `${line}\r\n${text}`
          break
        }
        deliver(subject!, third!, lines.shift()!)
      }
    })
    socket.write('INFO {}\r\n')
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  return { port: (server.address() as AddressInfo).port, cpuSeconds: () => 0 }
}

async function run(fault: Fault, timeoutMs = 20_000): Promise<number> {
  const batches = encodeBatches(spec).map((batch) => ({ ...batch, ...shortened(batch) }))
  const bench = await ThroughputBench.open(await broker(fault), spec, batches)
  benches.push(bench)
  return (await bench.run(3, { verify: true, timeoutMs })).messages
}

/** The first 20 messages of a batch: enough here. */
function shortened(batch: { messages: number; publish: Buffer; deliver: Buffer }) {
  const publish = batch.publish.subarray(0, (batch.publish.length / batch.messages) * 20)
  const deliver = batch.deliver.subarray(0, (batch.deliver.length / batch.messages) * 20)
  return { messages: 20, publish, deliver, deliverBytes: deliver.length }
}

test('a server that delivers is counted, and may send its own PINGs between', async () => {
  assert.equal(await run('none'), 60)
  assert.equal(await run('pings'), 60)
})

test('a lost message is noticed', async () => {
  await assert.rejects(run('loses', 500), /delivery: not done within 0.5 s \(2 of 2 subscribers lack up to 48 bytes\)/)
})

test('a message that comes twice is noticed', async () => {
  await assert.rejects(run('repeats'), /bytes came that were not published/)
})

test('a byte that was changed is noticed, with its place', async () => {
  await assert.rejects(run('changes'), /byte \d+ is not what was published: "X/)
})

test('a connection that the server closes, an error line and silence fail the row in a sentence', async () => {
  await assert.rejects(run('closes'), /the server closed the connection/)
  await assert.rejects(run('refuses'), /Slow Consumer|is not what was published/)
  await assert.rejects(run('silent', 300), /not done within 0.3 s/)
})
