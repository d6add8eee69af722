// Figures in virtual time: a change of the stack that changes them must say so by writing the snapshot anew
// (node --conditions=@wirehub/source --test --test-update-snapshots bench/netstack/voice.test.ts).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { speakOver, VOICE_LOSS_RATES } from './voice.ts'

for (const loss of VOICE_LOSS_RATES) {
  test(`five minutes of voice at a round trip of 60 ms, ${loss * 100} % of the frames lost: datagrams lose, TCP is late`, (t) => {
    const udp = speakOver('udp', loss).figure
    const tcp = speakOver('tcp', loss).figure
    t.assert.snapshot({ udp, tcp })
    assert.ok(Math.abs(udp.lost - loss) < 0.005 && udp.late === 0 && udp.jitterMs === 0, 'loss is all that UDP shows')
    assert.equal(tcp.lost, 0)
    assert.equal(tcp.late > 0, loss > 0)
    assert.equal(tcp.p99Ms > udp.p99Ms, loss > 0)
    assert.ok(udp.headerBytes < tcp.headerBytes && udp.frames < tcp.frames)
  })
}
