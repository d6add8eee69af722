// Loss recovery and congestion control, measured in virtual time, so exactly. A change of TCP that changes a figure has to say so:
// node --conditions=@wirehub/source --test --test-update-snapshots bench/netstack/recovery.test.ts
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  CONTROLS,
  FLOWS,
  fillLongPath,
  idealUse,
  LONG_RTTS_MS,
  LOSS_RATES,
  shareBottleneck,
  transferUnderLoss,
} from './recovery.ts'

const LONG = process.env['WIREHUB_TEST_LONG'] !== undefined

test('10 MiB at a round trip of 100 ms under loss', (t: TestContext) => {
  const table = LOSS_RATES.map((loss) => {
    const taken = new Map<string, number>()
    const figures = CONTROLS.map((control) => {
      const { seconds, retransmitted } = transferUnderLoss(loss, control)
      taken.set(control, seconds)
      return `${control} ${seconds.toFixed(3)} s, ${retransmitted} sent again`
    })
    if (loss >= 0.01) assert.ok(taken.get('bbr')! * 5 < taken.get('cubic')!, `BBR is far faster at ${loss}`)
    return `${(loss * 100).toFixed(1)} %: ${figures.join('; ')}`
  })
  t.assert.snapshot(table)
})

for (const flows of FLOWS.filter((count) => LONG || count === 1 || count === 16)) {
  test(`${flows} flows fill a bottleneck of 200 Mbit/s with a queue of 64 KiB, and share it`, (t: TestContext) => {
    const figure = shareBottleneck(flows, 'cubic')
    assert.ok(figure.utilisation >= 0.95)
    assert.ok(figure.fairness >= 0.95)
    t.assert.snapshot(figure)
  })

  // The price of not slowing down for loss: more of it at a queue of a quarter of the bandwidth-delay product.
  test(`${flows} flows with BBR fill the same bottleneck`, (t: TestContext) => {
    const figure = shareBottleneck(flows, 'bbr')
    assert.ok(figure.utilisation >= 0.95)
    assert.ok(figure.fairness >= 0.8)
    t.assert.snapshot(figure)
  })
}

for (const rttMs of LONG_RTTS_MS.filter((rtt) => LONG || rtt === 50)) {
  test(`a paced CUBIC flow over ${rttMs} ms uses what RFC 9438 lets it use of the link`, (t: TestContext) => {
    const figure = fillLongPath(rttMs, true)
    const ideal = idealUse(rttMs)
    assert.ok(figure.utilisation > ideal - 0.03, `${figure.utilisation} of ${ideal}`)
    t.assert.snapshot({ ...figure, ideal })
  })
}
