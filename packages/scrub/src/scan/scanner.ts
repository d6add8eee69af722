import type { Detector, Scanner, ScannerOptions } from './types.ts'

/** Compiles detectors into one scanner: one automaton over bytes as prefilter, patterns and validators on candidates only. */
export function compileScanner(_detectors: readonly Detector[], _options: ScannerOptions = {}): Scanner {
  throw new Error('not yet')
}
