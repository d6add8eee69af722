import { relative, resolve } from 'node:path'
import { runTool } from './lib/run-tool.js'

/** @type {import('./lib/sources.js').Check} */
export const lint = {
  name: 'lint',
  purpose: 'biome: lint rules, import order and format',
  async run({ root }) {
    const { status, output } = await runTool(
      'biome',
      ['check', '--error-on-warnings', '--reporter=github', '--max-diagnostics=200', '.'],
      root,
    )
    const findings = [...output.matchAll(/^::\w+ title=([^,]*),file=([^,]*),line=(\d+),.*?::(.*)$/gm)].map((match) => ({
      file: relative(root, resolve(root, match[2] ?? '')),
      line: Number(match[3]),
      message: `${match[1]}: ${match[4]?.replaceAll('%0A', ' ')}`,
      cure: 'npm run format mends what can be mended by itself',
    }))
    if (status === 0) return []
    return findings.length > 0
      ? findings
      : [{ file: 'biome.json', message: output.trim() || `biome ended with ${status}` }]
  },
}
