// Super-segments of more than 64 KiB, which IPv4's field for the total length cannot tell of: what the kernel makes of them.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { release } from 'node:os'
import { type TestContext, test } from 'node:test'
import { openDevice, takesBigTcp } from '../../src/link/tun/device.ts'
import { type SystemCalls, systemCalls } from '../../src/link/tun/system-calls.ts'
import { type openTun, TunLink } from '../../src/link/tun/tun-link.ts'
import { kernelMissing, Namespace } from './namespace.ts'
import { OURS, THEIRS, TunHost } from './tun-host.ts'

const FILE = randomBytes(24_000_000)
const LARGEST_PACKET_BYTES = 65_535
const FAR = '10.83.0.2'
const NARROW = 1300

function bigTcpMissing(context: TestContext, ...programs: string[]): boolean {
  if (kernelMissing(context, 'nc', ...programs)) return true
  if (takesBigTcp(release())) return false
  context.skip(`Linux ${release()} takes no packet of more than 64 KiB from a TUN device`)
  return true
}

/** Sends the file to whoever connects. Returns the port. */
async function serve(host: TunHost): Promise<number> {
  const server = host.net.createServer((socket) => socket.on('error', () => {}).end(FILE))
  host.onClose.push(() => server.close())
  server.listen(0)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** What `nc` in a namespace reads from us has to be the file. */
async function fetch(from: Namespace, port: number): Promise<void> {
  const got = await from.run('nc', '-d', '-N', OURS[4], String(port))
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  assert.equal(digest(got), digest(FILE))
}

/** The sizes of packets that are handed to the kernel from now on. */
function sizes(tun: TunLink): number[] {
  const seen: number[] = []
  const transmit = tun.transmit.bind(tun)
  tun.transmit = (frame, now) => {
    seen.push(frame.length)
    transmit(frame, now)
  }
  return seen
}

async function withHost(host: TunHost, play: () => Promise<void>): Promise<void> {
  try {
    await play()
  } finally {
    await host.close()
  }
}

test('a program of the kernel reads what came in packets of up to 256 KiB', async (context) => {
  if (bigTcpMissing(context)) return
  const host = new TunHost()
  await withHost(host, async () => {
    const seen = sizes(host.tun)
    await fetch(host.namespace, await serve(host))
    assert.ok(Math.max(...seen) > LARGEST_PACKET_BYTES, `the largest packet had ${Math.max(...seen)} bytes`)
    assert.ok(Math.max(...seen) <= 262_144 + 52)
    const { superSegmentsSplit, outErrors } = host.tun.counters
    assert.deepEqual([superSegmentsSplit, outErrors], [0, 0])
  })
})

test('whoever wants smaller ones says so', async (context) => {
  if (bigTcpMissing(context)) return
  const host = new TunHost({ gsoBytes: 20_000 })
  await withHost(host, async () => {
    const seen = sizes(host.tun)
    await fetch(host.namespace, await serve(host))
    assert.ok(Math.max(...seen) <= 20_052)
  })
})

test('what the kernel has no room for in one packet goes in several', async (context) => {
  if (bigTcpMissing(context)) return
  // Stands for a kernel whose memory is in small pieces, which cannot be had at will.
  const calls = systemCalls()
  const writev: SystemCalls['writev'] = (fd, parts, count) => {
    let length = 0
    for (let part = 0; part < count; part++) length += Number(parts[2 * part + 1])
    return length > LARGEST_PACKET_BYTES ? -1 : calls.writev(fd, parts, count)
  }
  const open: typeof openTun = (options, pool) => new TunLink(openDevice(options), pool, { ...calls, writev })
  const host = new TunHost({}, open)
  await withHost(host, async () => {
    await fetch(host.namespace, await serve(host))
    const { superSegmentsSplit, outErrors } = host.tun.counters
    assert.ok(superSegmentsSplit > 0)
    assert.equal(outErrors, 0)
  })
})

for (const [what, mtu] of [
  ['1,500 bytes', 1500],
  ['less than our own link', NARROW],
] as const) {
  test(`a kernel that forwards, tracks connections and translates addresses cuts them for a link of ${what}`, async (context) => {
    if (bigTcpMissing(context, 'nft')) return
    const host = new TunHost()
    const far = new Namespace()
    host.onClose.push(() => far.close())
    await withHost(host, async () => {
      const router = host.namespace
      router.ip('link', 'add', 'inside', 'mtu', String(mtu), 'type', 'veth', 'peer', 'name', `far${process.pid}`)
      router.ip('link', 'set', `far${process.pid}`, 'netns', far.name)
      far.ip('addr', 'add', `${FAR}/24`, 'dev', `far${process.pid}`)
      far.ip('link', 'set', `far${process.pid}`, 'mtu', String(mtu), 'up')
      far.ip('route', 'add', 'default', 'via', '10.83.0.1')
      router.ip('addr', 'add', '10.83.0.1/24', 'dev', 'inside')
      router.ip('link', 'set', 'inside', 'up')
      router.sysctl('net.ipv4.ip_forward', 1)
      const rules = `table ip t { chain c { type filter hook forward priority 0; ct state invalid counter drop; ct state established counter accept; }; chain p { type nat hook postrouting priority 100; masquerade; }; }`
      await router.run('nft', rules)
      host.host.stack.internet.addRouteTo('10.83.0.0/24', THEIRS[4])
      const seen = sizes(host.tun)
      await fetch(far, await serve(host))
      assert.ok(Math.max(...seen) > LARGEST_PACKET_BYTES, `the largest packet had ${Math.max(...seen)} bytes`)
      const counted = (await router.run('nft', 'list', 'ruleset')).toString()
      assert.match(counted, /invalid counter packets 0 bytes 0 drop/)
    })
  })
}
