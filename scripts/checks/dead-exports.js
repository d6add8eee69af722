import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from './lib/run-tool.js'

const kinds = {
  files: 'file is used by nothing',
  exports: 'export is used by nothing',
  types: 'exported type is used by nothing',
  nsExports: 'export is used by nothing',
  nsTypes: 'exported type is used by nothing',
  duplicates: 'exported twice',
  dependencies: 'dependency is used by nothing',
  devDependencies: 'dependency is used by nothing',
  unlisted: 'imported, but not in package.json',
  unresolved: 'import leads nowhere',
}

/** @type {import('./lib/sources.js').Check} */
export const deadExports = {
  name: 'dead-exports',
  purpose: 'knip: no unused export, file or dependency, no import that package.json does not name',
  async run({ root }) {
    if (!existsSync(join(root, 'knip.json'))) return []
    const { output, stdout } = await runTool('knip', ['--reporter', 'json', '--no-progress', '--no-config-hints'], root)
    /** @type {{ issues: Record<string, any>[] }} */
    let report
    try {
      report = JSON.parse(stdout)
    } catch {
      return [{ file: 'knip.json', message: output.trim().slice(0, 2000) || 'knip said nothing' }]
    }
    return report.issues.flatMap((issue) =>
      Object.entries(kinds).flatMap(([kind, message]) =>
        (issue[kind] ?? []).flat().map((/** @type {{ name?: string, line?: number }} */ entry) => ({
          file: issue.file,
          line: entry.line,
          message: entry.name === undefined || entry.name === issue.file ? message : `${entry.name}: ${message}`,
          cure: kind === 'unlisted' ? 'add it to that package.json' : 'delete it, or use it',
        })),
      ),
    )
  },
}
