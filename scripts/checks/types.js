import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from './lib/run-tool.js'

/** @type {import('./lib/sources.js').Check} */
export const types = {
  name: 'types',
  purpose: 'tsc -b finds no type error, tests included',
  async run({ root }) {
    if (!existsSync(join(root, 'tsconfig.json'))) return []
    const { status, output } = await runTool('tsc', ['-b', '--pretty', 'false'], root)
    if (status === 0) return []
    const findings = [...output.matchAll(/^(.+?)\((\d+),\d+\): error (TS\d+: [^\n]*)((?:\n {2}[^\n]*)*)/gm)].map(
      (match) => ({
        file: match[1] ?? '',
        line: Number(match[2]),
        message: (match[3] ?? '') + (match[4] ?? ''),
      }),
    )
    return findings.length > 0
      ? findings
      : [{ file: 'tsconfig.json', message: output.trim() || `tsc ended with ${status}` }]
  },
}
