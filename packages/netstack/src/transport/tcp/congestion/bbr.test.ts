/** BBR over a path whose bandwidth and delay are known: what its model makes of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, type LinkOptions, Net, Transfer } from '../../../../test/support/tcp-harness.ts'
import type { TcpConnectionOptions } from '../types.ts'
import { WindowedMax } from './windowed-max.ts'

const BBR: TcpConnectionOptions = { congestionControl: 'bbr' }
const MEGABYTE = 1_000_000
/** One megabyte a second over a round trip of 100 ms: 100,000 bytes fill it. */
const PATH: LinkOptions = { delayMs: 50, rate: MEGABYTE }

/** Sends so many bytes; `each` looks at it every 10 ms of virtual time. */
function run(link: LinkOptions, bytes: number, options = BBR, each?: (net: Net, window: number, rtt: number) => void) {
  const net = new Net(link)
  const { client, server } = connectPair(net, options)
  const begun = net.now
  const transfer = new Transfer(net, client, server, bytes, false)
  while (!transfer.done) {
    net.pass(10)
    const { congestionWindowBytes, smoothedRttMs } = client.info(net.now)
    each?.(net, congestionWindowBytes, smoothedRttMs)
  }
  assert.equal(transfer.wrong, -1)
  return { net, client, server, seconds: (net.now - begun) / 1000 }
}

test('the bottleneck is filled, and its queue is not: two bandwidth-delay products in the window, RTT near the shortest (4.2, 4.3.4)', () => {
  const rtts: number[] = []
  const windows: number[] = []
  const options = { ...PATH, queueBytes: 1_000_000 }
  const { net, seconds } = run(options, 6 * MEGABYTE, BBR, (_net, window, rtt) => {
    windows.push(window)
    rtts.push(rtt)
  })
  assert.ok(seconds < 7, `${seconds} s`)
  assert.equal(net.dropped, 0)
  const steady = rtts.slice(200)
  assert.ok(Math.max(...steady) < 140, `${Math.max(...steady)} ms`)
  const last = windows.at(-1)!
  assert.ok(last > 180_000 && last < 230_000, `${last} bytes`)
  // CUBIC fills the queue to its end.
  const cubic: number[] = []
  run(options, 6 * MEGABYTE, { congestionControl: 'cubic' }, (_net, _window, rtt) => cubic.push(rtt))
  assert.ok(Math.max(...cubic) > 400, `${Math.max(...cubic)} ms`)
})

test('loss that no full queue causes does not slow it down', () => {
  const lossy = { ...PATH, queueBytes: 400_000, loss: 0.02 }
  const bbr = run(lossy, 4 * MEGABYTE).seconds
  const cubic = run(lossy, 4 * MEGABYTE, { congestionControl: 'cubic' }).seconds
  assert.ok(bbr < 6, `${bbr} s`)
  assert.ok(cubic > 3 * bbr, `CUBIC ${cubic} s, BBR ${bbr} s`)
})

test('every ten seconds the flight shrinks to four segments for 200 ms, to see the shortest round trip (4.3.5)', () => {
  const small: number[] = []
  run({ ...PATH, queueBytes: 1_000_000 }, 13 * MEGABYTE, BBR, (net, window) => {
    if (window <= 4 * 1448) small.push(net.now)
  })
  assert.ok(small[0]! > 9000 && small[0]! < 13_000, String(small[0]))
  const lasted = small.at(-1)! - small[0]!
  assert.ok(lasted >= 190 && lasted < 500, `${lasted} ms`)
})

test('a path that becomes slower, and faster again, is found out', () => {
  const net = new Net({ ...PATH, queueBytes: 500_000 })
  const { client, server } = connectPair(net, BBR)
  const transfer = new Transfer(net, client, server, 40 * MEGABYTE, false)
  const delivered = (ms: number): number => {
    const before = transfer.received
    net.pass(ms)
    return (transfer.received - before) / ms
  }
  net.pass(3000)
  assert.ok(delivered(2000) > 900)
  net.link.rate = 250_000
  net.pass(8000)
  assert.ok(client.info(net.now).smoothedRttMs < 300, `${client.info(net.now).smoothedRttMs} ms`)
  assert.ok(delivered(1000) > 200)
  net.link.rate = MEGABYTE
  net.pass(12_000)
  assert.ok(delivered(2000) > 850)
})

test('an application that sends little teaches it nothing wrong', () => {
  const net = new Net({ ...PATH, queueBytes: 500_000 })
  const { client, server } = connectPair(net, BBR)
  const chunk = new Uint8Array(2000)
  for (let i = 0; i < 100; i++) {
    client.send(chunk, net.now)
    net.pass(50)
    server.read(new Uint8Array(10_000), net.now)
  }
  const begun = net.now
  const transfer = new Transfer(net, client, server, 3 * MEGABYTE, false)
  net.run(() => transfer.received >= 3 * MEGABYTE)
  assert.ok(net.now - begun < 4000, `${net.now - begun} ms`)
})

test('without SACK and timestamps it arrives too', () => {
  const plain = { ...BBR, sack: false, timestamps: false }
  const { seconds } = run({ ...PATH, queueBytes: 200_000, loss: 0.01 }, MEGABYTE, plain)
  assert.ok(seconds < 60, `${seconds} s`)
})

test('the windowed maximum is that of the window', () => {
  const filter = new WindowedMax(10)
  const seen: [number, number][] = []
  for (let time = 0; time < 400; time++) {
    const value = (time * 7919) % 101
    filter.update(value, time)
    seen.push([time, value])
    const exact = Math.max(...seen.filter(([at]) => time - at <= 10).map(([, one]) => one))
    assert.ok(filter.value <= exact && filter.value >= exact * 0.6, `${time}: ${filter.value} of ${exact}`)
  }
})

test('a send buffer that is full behind a hole is not an application that sends little: startup ends', () => {
  const net = new Net({ delayMs: 50, rate: 1_250_000, queueBytes: 4000 })
  const options = { ...BBR, sendBufferBytes: 210_000 }
  const { client, server } = connectPair(net, options)
  new Transfer(net, client, server, 40 * MEGABYTE, false)
  net.pass(5000)
  const { sent, dropped } = net
  net.pass(5000)
  const rate = (net.dropped - dropped) / (net.sent - sent)
  assert.ok(rate < 0.1, `${rate} of the segments were dropped`)
})
