import type { BenchmarkSuite } from '../suite.ts'
import { detectorRows, runDetectors } from './detectors.ts'
import { hubRows, runHubs } from './hub.ts'
import { rows, run } from './policy.ts'

export const suite: BenchmarkSuite = {
  title: 'Scrubbing: whole payloads by policy, all default detectors; the detectors alone; the hub with and without',
  method:
    'One thread. Every contestant gets the same bytes and gives bytes back: libraries that work on text are given the decoded text. Notes say which of the planted values each made unreadable. ' +
    'Rows "scan" and "evil" are the detectors alone. Rows "hub" are NATS 1->1 through two hubs that take turns, with the shipped wirehub.yaml and without any policy; the ratio is what remains of the throughput.',
  rows: [...rows, ...detectorRows, ...hubRows],
  async run(options, emit) {
    await run(options, emit)
    runDetectors(options, emit)
    // Last: it pins this process to one core.
    await runHubs(options, emit)
  },
}
