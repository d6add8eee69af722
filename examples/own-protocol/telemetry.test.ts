import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { fuzzGateway } from '@wirehub/hub/testing'
import { createHub } from 'wirehub'
import telemetry, { crc16, frame } from './telemetry.js'

const HELLO = 1
const READING = 2
const device = 0x0102

function reading(channel: number, value: number): Buffer {
  const body = Buffer.alloc(5)
  body[0] = channel
  body.writeFloatBE(value, 1)
  return frame(READING, device, body)
}

test('the checksum is CRC-16/CCITT-FALSE: its check value is 0x29B1', () => {
  assert.equal(crc16(Buffer.from('123456789')), 0x29b1)
})

test('a device says hello, sends readings cut anywhere, and gets commands; a service sees JSON', async (t) => {
  const hub = await createHub({ listen: ['telemetry://127.0.0.1:0'], gateways: [telemetry] })
  t.after(() => hub.close())
  const seen: string[] = []
  hub.subscribe('telemetry.>', (message) => {
    if (message.reply === undefined) return
    seen.push(`${message.subject} ${message.text()}`)
    if (message.subject.endsWith('.online')) hub.publish(`telemetry.${device}.command`, Buffer.from('reboot'))
  })

  const socket = net.connect(hub.addresses[0].port as number, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.setNoDelay()
  const hello = frame(HELLO, device, Buffer.from('boiler room'))
  socket.write(hello.subarray(0, 3))
  socket.write(hello.subarray(3))
  const answers = [frame(5, device, Buffer.from([HELLO])), frame(4, device, Buffer.from('reboot'))]
  const expected = Buffer.concat([...answers, frame(5, device, Buffer.from([READING]))])
  let read = Buffer.alloc(0)
  let sent = false
  for await (const chunk of socket) {
    read = Buffer.concat([read, chunk])
    if (read.length >= answers[0].length + answers[1].length && !sent) {
      sent = true
      socket.write(reading(7, 21.5))
    }
    if (read.length >= expected.length) break
  }
  assert.deepEqual(read, expected)
  assert.deepEqual(seen, [`telemetry.${device}.online boiler room`, `telemetry.${device}.reading {"7":21.5}`])
})

test('a frame with a wrong checksum is answered by NACK, and the connection ends', async (t) => {
  const hub = await createHub({ listen: ['telemetry://127.0.0.1:0'], gateways: [telemetry] })
  t.after(() => hub.close())
  const socket = net.connect(hub.addresses[0].port as number, '127.0.0.1')
  const damaged = reading(1, 1)
  damaged[8] ^= 1
  socket.write(damaged)
  const [answer] = await once(socket, 'data')
  await once(socket, 'close')
  assert.deepEqual(answer, frame(6, 0, Buffer.from('the checksum does not match')))
})

test('hostile bytes do no harm', async () => {
  const seed = Number(process.env.WIREHUB_TEST_SEED ?? 1)
  const count = process.env.WIREHUB_TEST_LONG === undefined ? 2000 : 100_000
  const samples = [frame(HELLO, device, Buffer.from('name')), reading(1, 20), frame(3, device, Buffer.alloc(0))]
  const report = await fuzzGateway(telemetry, { seed, count, samples, maxBufferedBytes: 8192 })
  assert.ok(report.published > 0)
})
