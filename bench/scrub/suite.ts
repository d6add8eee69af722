import type { BenchmarkSuite } from '../suite.ts'
import { rows, run } from './policy.ts'

export const suite: BenchmarkSuite = {
  title: 'Scrubbing: whole payloads by policy, all default detectors',
  method:
    'One thread. Every contestant gets the same bytes and gives bytes back: libraries that work on text are given the decoded text. Notes say which of the planted values each made unreadable.',
  rows,
  run,
}
