// One row of bulk transfer over TUN, in turn with Node's net over loopback: `tun-run.ts data|onread in|out <rounds>` prints the samples as JSON.
import { defaultCongestion, type LoopbackCongestion, type Reading, TunBench } from './tun.ts'

const BULK_BYTES = 2_000_000_000

const [reading, direction, rounds] = process.argv.slice(2) as [Reading, 'in' | 'out', string]

/** Node's net over loopback as the machine is set, and with the congestion control that the kernel's end has towards our stack. */
function loopbackPeers(): { name: string; congestion: LoopbackCongestion; samples: number[] }[] {
  const standard = defaultCongestion()
  const name = `Node net, loopback (${standard}, the default here)`
  const peers = [{ name, congestion: 'default' as LoopbackCongestion, samples: [] as number[] }]
  if (standard !== 'cubic') peers.push({ name: 'Node net, loopback (cubic)', congestion: 'cubic', samples: [] })
  return peers
}

const bench = new TunBench()
try {
  const ours: number[] = []
  const loopbacks = loopbackPeers()
  for (let round = -1; round < Number(rounds); round++) {
    const figure = await (direction === 'in'
      ? bench.kernelToStack(BULK_BYTES, reading)
      : bench.stackToKernel(BULK_BYTES, reading))
    if (round >= 0) ours.push(figure) // The first round warms up.
    for (const { congestion, samples } of loopbacks) {
      const peer = await bench.loopback(BULK_BYTES, reading, congestion)
      if (round >= 0) samples.push(peer)
    }
  }
  const peers = loopbacks.map(({ name, samples }) => ({ name, samples }))
  console.log(JSON.stringify({ ours, peers }))
} finally {
  await bench.close()
}
