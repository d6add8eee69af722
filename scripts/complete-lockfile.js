// `npm run lockfile` after any `npm install` that changes dependencies: makes package-lock.json complete for every platform.
//
// A registry that mirrors only some packages lacks the binaries of platforms other than the one that installs, npm then leaves them out
// of the lockfile, and `npm ci` refuses that lockfile everywhere. Their entries are added from what their parent says: exact version,
// and the platform that is in the name. npm fetches such a package on its own platform only.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** @typedef {{ version?: string, cpu?: string[], os?: string[], libc?: string[], optional?: boolean, dependencies?: Record<string, string>, optionalDependencies?: Record<string, string>, dev?: boolean }} Entry */

const cpus = ['arm64', 'x64', 'ia32', 'riscv64', 'ppc64', 's390x', 'loong64', 'wasm32', 'arm']
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openbsd', 'openharmony', 'win32', 'sunos', 'aix']

/**
 * @param {Record<string, Entry>} entries `packages` of a lockfile
 * @returns {{ parent: string, name: string, range: string, optional: boolean }[]} dependencies that the lockfile has no entry for
 */
export function missingEntries(entries) {
  return Object.entries(entries).flatMap(([parent, { dependencies, optionalDependencies }]) => {
    const optional = new Set(Object.keys(optionalDependencies ?? {}))
    return Object.entries({ ...dependencies, ...optionalDependencies })
      .filter(([name]) => !isResolved(entries, parent, name))
      .map(([name, range]) => ({ parent, name, range, optional: optional.has(name) }))
  })
}

/**
 * Whether Node's search from a package upwards finds a dependency.
 *
 * @param {Record<string, Entry>} entries
 * @param {string} parent
 * @param {string} name
 */
function isResolved(entries, parent, name) {
  for (let folder = parent; ; ) {
    if (entries[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true
    if (folder === '') return false
    folder = folder.includes('/node_modules/') ? folder.slice(0, folder.lastIndexOf('/node_modules/')) : ''
  }
}

/**
 * @param {{ packages: Record<string, Entry> }} lockfile changed in place
 * @returns {string[]} names of what was added
 */
export function complete(lockfile) {
  const added = missingEntries(lockfile.packages).filter(
    ({ optional, range }) => optional && /^\d+\.\d+\.\d+/.test(range),
  )
  for (const { parent, name, range } of added) {
    const words = name.split(/[/-]/)
    const system = systems.filter((word) => words.includes(word))
    const cpu = cpus.filter((word) => words.includes(word))
    if (system.length === 0 && cpu.length === 0)
      throw new Error(`${name} names no platform: npm must be able to fetch it`)
    lockfile.packages[`node_modules/${name}`] = {
      version: range,
      ...(cpu.length > 0 ? { cpu } : {}),
      ...(lockfile.packages[parent]?.dev ? { dev: true } : {}),
      ...(words.includes('musl') ? { libc: ['musl'] } : words.includes('gnu') ? { libc: ['glibc'] } : {}),
      optional: true,
      ...(system.length > 0 ? { os: system } : {}),
    }
  }
  const { '': root, ...others } = lockfile.packages
  const sorted = Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1))
  lockfile.packages = { ...(root === undefined ? {} : { '': root }), ...Object.fromEntries(sorted) }
  return added.map(({ name }) => name)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = process.argv[2] ?? join(import.meta.dirname, '..', 'package-lock.json')
  const lockfile = JSON.parse(readFileSync(file, 'utf8'))
  const added = complete(lockfile)
  if (added.length > 0) writeFileSync(file, `${JSON.stringify(lockfile, null, 2)}\n`)
  console.error(`package-lock.json: ${added.length} entries added for other platforms`)
}
