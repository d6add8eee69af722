// Unmodified programs on both sides: curl, Node's http and iperf3 on the kernel, Node's http on our stack, over TUN with GSO.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { agreeOnCapture, tsharkMissing } from '../tshark/agree.ts'
import { IperfServer } from './iperf-server.ts'
import { kernelMissing } from './namespace.ts'
import { families } from './scenario.ts'
import { OURS, THEIRS, TunHost } from './tun-host.ts'

const FILE = randomBytes(12_000_000)
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const urlHost = (address: string): string => (address.includes(':') ? `[${address}]` : address)

/** An HTTP server of Node's, whose connections come from our stack: gives a file, and the digest of what is put. */
function serve(host: TunHost): Promise<number> {
  const server = http.createServer((request, response) => {
    if (request.method === 'GET') {
      response.end(FILE)
      return
    }
    const hash = createHash('sha256')
    request.on('data', (piece) => hash.update(piece)).on('end', () => response.end(hash.digest('hex')))
  })
  const listening = host.net.createServer((socket) => server.emit('connection', socket))
  host.onClose.push(
    () => listening.close(),
    () => server.closeAllConnections(),
  )
  listening.listen(0)
  return once(listening, 'listening').then(() => (listening.address() as AddressInfo).port)
}

/** Runs a test against a host of its own for both families, in short runs for one of them in turn. */
function each(
  name: string,
  options: ConstructorParameters<typeof TunHost>[0],
  programs: readonly string[],
  play: (host: TunHost, family: 4 | 6, context: TestContext) => Promise<void>,
): void {
  for (const family of families()) {
    test(`IPv${family}: ${name}`, async (context) => {
      if (kernelMissing(context, ...programs)) return
      const host = new TunHost(options)
      try {
        await play(host, family, context)
      } finally {
        await host.close()
      }
    })
  }
}

for (const [how, options] of Object.entries({
  'TUN with GSO': {},
  'TUN without GSO, MTU 1500': { offload: false },
  'TUN with GSO, MTU 9000': { mtu: 9000 },
  'TAP with GSO': { mode: 'tap' as const },
})) {
  each(
    `curl gets a file from Node http on our stack, and puts one (${how})`,
    options,
    ['curl'],
    async (host, family) => {
      const port = serve(host)
      const url = `http://${urlHost(OURS[family])}:${await port}/`
      const got = await host.namespace.run('curl', '-sS', '--max-time', '60', '-g', url)
      assert.equal(digest(got), digest(FILE))
      const put = `head -c 12000000 /dev/zero | curl -sS --max-time 60 -g -H 'Expect:' -T - '${url}'`
      const answer = await host.namespace.run('sh', '-c', put)
      assert.equal(answer.toString(), digest(Buffer.alloc(12_000_000)))
      const { superSegmentsIn, superSegmentsOut, outErrors, inErrors } = host.tun.counters
      const offload = host.tun.device.offload
      assert.deepEqual([superSegmentsIn > 50, superSegmentsOut > 50], [offload, offload])
      assert.deepEqual([outErrors, inErrors], [0, 0])
      assert.equal(host.host.stack.tcp.counters.checksumErrors, 0)
    },
  )
}

each("Node's http client on our stack gets a file from a server of the kernel", {}, [], async (host, family) => {
  const program = `const file = Buffer.alloc(12e6, 'wire'); require('http').createServer((q, s) => s.end(file)).listen(0, '${THEIRS[family]}', function () { console.log(this.address().port) })`
  const child = host.namespace.spawn(process.execPath, '-e', program)
  const [line] = await once(child.stdout!, 'data')
  const port = Number(line)
  const createConnection = (): Socket => host.net.connect(port, THEIRS[family]) as unknown as Socket
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get({ host: THEIRS[family], port, createConnection }, resolve).on('error', reject)
  })
  const hash = createHash('sha256')
  for await (const piece of response) hash.update(piece)
  assert.equal(hash.digest('hex'), digest(Buffer.alloc(12_000_000, 'wire')))
})

// Large writes are read where they lie until the callback says that they are done.
each('a program changes its memory as soon as a write is done', {}, [], async (host, family) => {
  const PIECE = 300_000
  const PIECES = 40
  const memory = Buffer.alloc(PIECE)
  const listening = host.net.createServer((socket) => {
    const write = (piece: number): void => {
      if (piece === PIECES) {
        socket.end()
        return
      }
      memory.fill(piece)
      socket.write(memory, () => {
        memory.fill(0xff)
        write(piece + 1)
      })
    }
    socket.resume()
    host.onClose.push(() => socket.destroy())
    write(0)
  })
  host.onClose.push(() => listening.close())
  listening.listen(0)
  await once(listening, 'listening')
  const { port } = listening.address() as AddressInfo
  // The reader sleeps until both sides' buffers are full, so that much waits in ours when its write is done.
  const program = `const s = require('net').connect({ port: ${port}, host: '${OURS[family]}' })
    s.pause(); const sleep = setInterval(() => {}, 1000); const hash = require('crypto').createHash('sha256')
    process.once('SIGUSR2', () => clearInterval(sleep) ?? s.on('data', (piece) => hash.update(piece)).on('end', () => console.log(hash.digest('hex'))).resume())`
  const child = host.namespace.spawn(process.execPath, '-e', program)
  const answer = once(child.stdout!, 'data')
  const [accepted] = await once(listening, 'connection')
  while (accepted._handle.writeQueueSize === 0) await new Promise(setImmediate)
  child.kill('SIGUSR2')
  const [digested] = await answer
  const hash = createHash('sha256')
  for (let piece = 0; piece < PIECES; piece++) hash.update(Buffer.alloc(PIECE, piece))
  assert.equal(String(digested).trim(), hash.digest('hex'))
})

each('iperf3 of the kernel sends to us and receives from us', {}, ['iperf3'], async (host, family, context) => {
  const server = new IperfServer(host.net)
  host.onClose.push(() => server.close())
  const port = await server.listen()
  for (const direction of [[], ['--reverse'], ['--parallel', '4']]) {
    const words = ['--client', OURS[family], '--port', String(port), '--bytes', '30M', '--json', ...direction]
    const report = JSON.parse((await host.namespace.run('iperf3', ...words)).toString()) as {
      error?: string
      end: { sum_sent: { bytes: number }; sum_received: { bytes: number; bits_per_second: number } }
    }
    assert.equal(report.error, undefined)
    const { bytes, bits_per_second: rate } = report.end.sum_received
    // What is still on its way at the end of the test is in nobody's report: the streams themselves are counted to their end.
    assert.ok(bytes > 0 && report.end.sum_sent.bytes >= 30 * 1024 * 1024)
    const counted = await server.finished()
    if (!direction.includes('--reverse')) assert.equal(counted, report.end.sum_sent.bytes)
    context.diagnostic(`${direction.join(' ') || 'to us'}: ${(rate / 8e6).toFixed(0)} MB/s`)
  }
})

each(
  'a capture marks what is no segment of a wire: super-segments, checksums left to the device',
  {},
  ['curl'],
  async (host, family, context) => {
    if (tsharkMissing(context)) return
    host.startCapture()
    const port = serve(host)
    await host.namespace.run('curl', '-sS', '-g', `http://${urlHost(OURS[family])}:${await port}/`)
    for (const { bytes, comment } of host.capture.packets)
      assert.equal(bytes.length > 1500, /^super-segment/.test(comment ?? ''))
    assert.ok(host.capture.packets.some(({ comment }) => comment?.startsWith('super-segment')))
    // Checksums that are not there yet are wrong to any reader; all else is compared.
    const whole = host.capture.packets.filter(({ comment }) => comment === undefined)
    const fields = agreeOnCapture({ ...host.capture, packets: whole })
    context.diagnostic(`${fields} fields compared`)
  },
)
