// One row of bulk transfer over TUN, in turn with Node's net over loopback: `tun-run.ts data|onread in|out <rounds>` prints the samples as JSON.
import { defaultCongestion, type LoopbackCongestion, type Reading, TunBench } from './tun.ts'

const BULK_BYTES = 2_000_000_000
/** V8 compiles what is called often, and a super-segment of 256 KiB is called for once: the first gigabytes are slower. */
const WARMING_ROUNDS = 4

interface Peer {
  readonly name: string
  readonly congestion: LoopbackCongestion
  /** Whether the receiver has this stack's modules in its heap. */
  readonly loaded: boolean
  readonly samples: number[]
}

const [reading, direction, rounds] = process.argv.slice(2) as [Reading, 'in' | 'out', string]

/** Node's net over loopback as the machine is set, and with the congestion control that the kernel's end has towards our stack. */
function loopbackPeers(): Peer[] {
  const standard = defaultCongestion()
  const name = `Node net, loopback (${standard}, the default here)`
  const peers: Peer[] = [{ name, congestion: 'default', loaded: false, samples: [] }]
  if (standard !== 'cubic')
    peers.push({ name: 'Node net, loopback (cubic)', congestion: 'cubic', loaded: false, samples: [] })
  // Each chunk of 'data' is memory that V8 must look for in the whole heap: how much of the difference is the heap's?
  if (direction === 'in' && reading === 'data')
    peers.push({ name: `${name}, this stack loaded too`, congestion: 'default', loaded: true, samples: [] })
  return peers
}

const bench = new TunBench()
try {
  const ours: number[] = []
  const loopbacks = loopbackPeers()
  for (let round = -WARMING_ROUNDS; round < Number(rounds); round++) {
    const figure = await (direction === 'in'
      ? bench.kernelToStack(BULK_BYTES, reading)
      : bench.stackToKernel(BULK_BYTES, reading))
    if (round < 0) continue
    ours.push(figure)
    for (const { congestion, loaded, samples } of loopbacks)
      samples.push(await bench.loopback(BULK_BYTES, reading, congestion, loaded))
  }
  const peers = loopbacks.map(({ name, samples }) => ({ name, samples }))
  console.log(JSON.stringify({ ours, peers }))
} finally {
  await bench.close()
}
