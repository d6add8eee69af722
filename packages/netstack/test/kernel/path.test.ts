// A path that becomes narrower on the way: the kernel as router before our sender, and our router before the kernel's sender.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KernelHost, type PeerSocket, StackHost } from './hosts.ts'
import { KernelSocket } from './kernel-socket.ts'
import { kernelMissing } from './namespace.ts'
import { connected, onStage } from './stage.ts'
import { pattern, transfer } from './transfer.ts'

const NARROW = 1300
const LEFT = { 4: ['10.80.1.1', '10.80.1.2', '10.80.1.0/24'], 6: ['fd80:1::1', 'fd80:1::2', 'fd80:1::/64'] } as const
const RIGHT = { 4: ['10.80.2.1', '10.80.2.2', '10.80.2.0/24'], 6: ['fd80:2::1', 'fd80:2::2', 'fd80:2::/64'] } as const

const withLength = (addresses: Readonly<Record<4 | 6, readonly string[]>>, which: 0 | 1): string[] => [
  `${addresses[4][which]}/24`,
  `${addresses[6][which]}/64`,
]

async function check(from: PeerSocket, to: PeerSocket): Promise<void> {
  const bytes = pattern(400_000)
  assert.ok(Buffer.from(bytes).equals(await transfer(undefined, from, to, bytes)))
}

for (const family of [4, 6] as const) {
  test(`IPv${family}: the kernel as router says that our packets are too big, and we send smaller ones`, async (context) => {
    if (kernelMissing(context)) return
    await onStage(async (stage) => {
      const router = stage.namespace()
      router.sysctl('net.ipv4.ip_forward', 1)
      router.sysctl('net.ipv6.conf.all.forwarding', 1)
      const [left, right] = [stage.tun(1500), stage.tun(1500)]
      router.adopt(left.device.name, withLength(LEFT, 0))
      router.adopt(right.device.name, withLength(RIGHT, 0))
      // Both ends think that their links carry 1,500 bytes; the router's way to the second does not.
      router.ip('link', 'set', right.device.name, 'mtu', String(NARROW))
      const [a, kickA] = stage.stack({}, left)
      const [b, kickB] = stage.stack({}, right)
      a.addInterface('left', left, { addresses: withLength(LEFT, 1) })
      b.addInterface('right', right, { addresses: withLength(RIGHT, 1) })
      a.internet.addRouteTo(RIGHT[family][2], LEFT[family][0])
      b.internet.addRouteTo(LEFT[family][2], RIGHT[family][0])
      const [hostA, hostB] = [new StackHost(a, LEFT[family][1], kickA), new StackHost(b, RIGHT[family][1], kickB)]
      const listener = hostB.listen(9)
      const [ours, theirs] = await connected(
        () => hostA.connect(RIGHT[family][1], 9),
        () => listener.accept(),
      )
      await check(ours, theirs)
      const { pathMtu, sendMss } = (ours as ReturnType<typeof hostA.connect>).connection.info(performance.now())
      assert.deepEqual([pathMtu, sendMss], [NARROW, NARROW - (family === 4 ? 52 : 72)])
    })
  })

  test(`IPv${family}: our router says that the kernel's packets are too big, and it sends smaller ones`, async (context) => {
    if (kernelMissing(context)) return
    await onStage(async (stage) => {
      const [sender, receiver] = [stage.namespace(), stage.namespace()]
      const [left, right] = [stage.tun(1500), stage.tun(NARROW)]
      sender.adopt(left.device.name, withLength(LEFT, 1))
      receiver.adopt(right.device.name, withLength(RIGHT, 1))
      receiver.ip('link', 'set', right.device.name, 'mtu', '1500')
      const [router] = stage.stack({ internet: { forwarding: true } }, left, right)
      router.addInterface('left', left, { addresses: withLength(LEFT, 0) })
      router.addInterface('right', right, { addresses: withLength(RIGHT, 0) })
      sender.ip('route', 'add', RIGHT[family][2], 'via', LEFT[family][0])
      receiver.ip('route', 'add', LEFT[family][2], 'via', RIGHT[family][0])
      const [hostA, hostB] = [new KernelHost(sender, LEFT[family][1]), new KernelHost(receiver, RIGHT[family][1])]
      stage.onClose(() => {
        hostA.close()
        hostB.close()
      })
      const listener = hostB.listen(9)
      const [one, other] = await connected(
        () => hostA.connect(RIGHT[family][1], 9),
        () => listener.accept(),
      )
      await check(one, other)
      assert.ok(one instanceof KernelSocket)
      assert.equal(one.info().pathMtu, NARROW)
      const { icmp } = router.internet
      context.diagnostic(`router: ${JSON.stringify(family === 4 ? icmp.v4.counters : icmp.v6.counters)}`)
    })
  })
}
