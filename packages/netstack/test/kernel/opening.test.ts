// How connections begin, against the kernel and against ourselves: the same script, the same verdict.
import assert from 'node:assert/strict'
import { until } from './bout.ts'
import { scenario } from './scenario.ts'

const sequenceNumbers = (bout: {
  segments(): { flags: string; sequence: number; acknowledgment: number | undefined }[]
}) => {
  const [syn, answer, ack] = bout.segments()
  assert.deepEqual([syn.flags, answer.flags, ack.flags], ['SYN', 'SYN,ACK', 'ACK'])
  assert.equal(answer.acknowledgment, (syn.sequence + 1) >>> 0)
  assert.equal(ack.sequence, (syn.sequence + 1) >>> 0)
  assert.equal(ack.acknowledgment, (answer.sequence + 1) >>> 0)
  return [syn.flags, answer.flags, ack.flags]
}

scenario('we connect: SYN seq=x, SYN-ACK seq=y ack=x+1, ACK ack=y+1; options agreed upon', async (bout) => {
  const [ours] = await bout.connect()
  await bout.settle()
  const info = ours.connection.info(performance.now())
  assert.equal(info.sendMss, bout.family === 4 ? 1448 : 1428)
  const { timestamps, sack, windowScaling } = info
  return { handshake: sequenceNumbers(bout), timestamps, sack, windowScaling }
})

scenario('the opponent connects: the same numbers the other way', async (bout) => {
  const [ours] = await bout.accept()
  await bout.settle()
  const { timestamps, sack, windowScaling, sendMss } = ours.connection.info(performance.now())
  return { handshake: sequenceNumbers(bout), timestamps, sack, windowScaling, sendMss }
})

scenario('a port where nobody listens refuses, both ways', async (bout) => {
  const ours = bout.ours.connect(bout.theirs.address, 9)
  await until(() => ours.state === 'CLOSED', 'being refused', bout)
  const theirs = bout.theirs.connect(bout.ours.address, 9)
  await until(() => theirs.state === 'CLOSED', 'refusing', bout)
  return { ours: ours.receive(1), theirs: theirs.receive(1), answers: bout.segments().map(({ flags }) => flags) }
})

scenario('simultaneous open: both send SYN, each answers with SYN-ACK, one connection comes of it', async (bout) => {
  // Neither has read the other's SYN when it sends its own: both calls happen before the event loop turns.
  const theirs = bout.theirs.connect(bout.ours.address, 9, { localPort: 9 })
  const ours = bout.ours.connect(bout.theirs.address, 9, { localPort: 9 })
  await until(() => ours.state === 'ESTABLISHED' && theirs.state === 'ESTABLISHED', 'opening', bout)
  assert.equal(theirs.send(new Uint8Array([1, 2, 3])), 3)
  let got = 0
  await until(() => (got += ours.receive(10).length) === 3, 'three bytes', bout)
  assert.deepEqual(ours.states.slice(0, 2), ['SYN-RECEIVED', 'ESTABLISHED'])
  return {
    flags: bout
      .segments()
      .slice(0, 4)
      .map(({ flags }) => flags)
      .sort(),
  }
})
