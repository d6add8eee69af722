// The device itself: opening, closing, errors with their cure; and a seeded relay between two kernels.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ImpairedLink } from '../../src/link/impaired-link.ts'
import { SeededRandom } from '../../src/link/random.ts'
import { TimerQueue } from '../../src/link/timer-queue.ts'
import { TunError } from '../../src/link/tun/errors.ts'
import { openTun, type TunLink } from '../../src/link/tun/tun-link.ts'
import { until } from './bout.ts'
import { KernelHost } from './hosts.ts'
import { kernelMissing } from './namespace.ts'
import { connected, onStage } from './stage.ts'
import { pattern, transfer } from './transfer.ts'

test('a device is there while it is open, as large and with as long a queue as was asked for', async (context) => {
  if (kernelMissing(context)) return
  const tun = openTun({ mtu: 4000, queuePackets: 777 })
  const read = (what: string): number => Number(readFileSync(`/sys/class/net/${tun.device.name}/${what}`, 'utf8'))
  assert.deepEqual([read('mtu'), read('tx_queue_len'), read('flags') & 1], [4000, 777, 1])
  await tun.close()
  assert.equal(existsSync(`/sys/class/net/${tun.device.name}`), false)
  await tun.close()
})

test('errors say what happened and what helps', async (context) => {
  if (kernelMissing(context)) return
  const code = (expected: string) => (error: unknown) =>
    error instanceof TunError && error.code === expected && error.cure !== ''
  assert.throws(() => openTun({ name: 'a name of more than 15 bytes' }), code('ERR_TUN_NAME'))
  assert.throws(() => openTun({ name: 'lo' }), code('ERR_TUN_NAME'))
  assert.throws(() => openTun({ gsoBytes: 600_000 }), code('ERR_TUN_GSO_BYTES'))
  const tun = openTun()
  assert.throws(() => openTun({ name: tun.device.name }), code('ERR_TUN_BUSY'))
  await tun.close()
  const program = `process.setgroups([]); process.setgid(65534); process.setuid(65534)
    const { openTun } = await import(${JSON.stringify(new URL('../../src/link/tun/tun-link.ts', import.meta.url).href)})
    try { openTun() } catch (error) { console.log(error.code) }`
  const nobody = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  assert.equal(nobody.stdout.trim(), 'ERR_TUN_PERMISSION', nobody.stderr)
})

test('a device that is deleted tells its owner', async (context) => {
  if (kernelMissing(context)) return
  await onStage(async (stage) => {
    const namespace = stage.namespace()
    const tun = stage.tun(1500)
    let told: TunError | undefined
    tun.onError = (error) => {
      told = error
    }
    namespace.adopt(tun.device.name, ['10.81.0.1/24'])
    namespace.ip('link', 'delete', tun.device.name)
    await until(() => told !== undefined, 'being told')
    assert.equal(told?.code, 'ERR_TUN_GONE')
    assert.equal(tun.isOpen, false)
  })
})

const seed = Number(process.env.WIREHUB_TEST_SEED ?? 78)
for (const family of [4, 6] as const) {
  test(`IPv${family}: two kernels speak through a seeded relay with 2 % loss and reordering`, async (context) => {
    if (kernelMissing(context)) return
    await onStage(async (stage) => {
      const timers = new TimerQueue()
      const ends = [1, 2].map((number) => {
        const namespace = stage.namespace()
        const tun = stage.tun(1500)
        namespace.adopt(tun.device.name, [`10.82.0.${number}/24`, `fd82::${number}/64`])
        const host = new KernelHost(namespace, family === 4 ? `10.82.0.${number}` : `fd82::${number}`)
        stage.onClose(() => host.close())
        return { tun, host }
      })
      const [a, b] = ends.map(({ tun }) => tun) as [TunLink, TunLink]
      stage.drive(timers, a, b)
      const fault = { loss: 0.02, reorder: 0.02, delayMs: 3 }
      const relay = new ImpairedLink(a, { send: fault, receive: fault }, new SeededRandom(seed), stage.pool, timers)
      relay.receiver = (frame, now) => b.transmit(frame, now)
      b.receiver = (frame, now) => relay.transmit(frame, now)
      const [one, other] = ends.map(({ host }) => host)
      const listener = other.listen(9)
      const [from, to] = await connected(
        () => one.connect(other.address, 9),
        () => listener.accept(),
      )
      const bytes = pattern(600_000)
      assert.ok(Buffer.from(bytes).equals(await transfer(undefined, from, to, bytes)))
      assert.ok(relay.receive.counters.lost > 0)
    })
  })
}
