import { dirname, join, normalize } from 'node:path/posix'
import { bottomFiles, packages, rooms, separate } from './layers.config.js'
import { isTest } from './lib/sources.js'

const names = new Map(
  Object.keys(packages).map((folder) => [folder === 'cli' ? 'wirehub' : `@wirehub/${folder}`, folder]),
)

/** @type {import('./lib/sources.js').Check} */
export const layers = {
  name: 'layers',
  purpose:
    'imports go one way: between packages and between the folders of a package (scripts/checks/layers.config.js)',
  run(sources) {
    /** @type {import('./lib/sources.js').Finding[]} */
    const findings = []
    for (const file of sources.code.filter((path) => path.startsWith('packages/'))) {
      const at = place(file)
      const undeclared = undeclaredRoom(file, at)
      if (undeclared) findings.push(undeclared)
      for (const { specifier, line } of sources.importsOf(file)) {
        const target = resolve(file, specifier)
        if (target === undefined) continue
        const finding =
          target.package === at.package ? betweenRooms(file, at, target) : betweenPackages(file, at, target, specifier)
        if (finding) findings.push({ file, line, ...finding })
      }
    }
    return findings
  },
}

/** @typedef {{ package: string, room: string, path: string, inSource: boolean }} Place */

/**
 * @param {string} path relative to the repository
 * @returns {Place}
 */
function place(path) {
  const [, name = '', top = '', ...rest] = path.split('/')
  return { package: name, room: top === 'src' && rest.length > 1 ? (rest[0] ?? '') : '', path, inSource: top === 'src' }
}

/**
 * @param {string} file
 * @param {string} specifier
 * @returns {Place | undefined} where in this repository an import leads; undefined for everything else
 */
function resolve(file, specifier) {
  if (specifier.startsWith('.')) return place(normalize(join(dirname(file), specifier)))
  const name = specifier.startsWith('@') ? specifier.split('/', 2).join('/') : specifier.split('/', 1)[0]
  const folder = names.get(name ?? '')
  return folder === undefined ? undefined : { package: folder, room: '', path: `packages/${folder}`, inSource: true }
}

/**
 * @param {string} file
 * @param {Place} at
 */
function undeclaredRoom(file, at) {
  const declared = rooms[at.package]
  if (packages[at.package] === undefined) {
    return {
      file,
      message: `package ${at.package} is not declared`,
      cure: 'add it to packages in scripts/checks/layers.config.js',
    }
  }
  if (declared === undefined || at.room === '' || declared[at.room] !== undefined) return undefined
  const cure = `move the file, or declare the folder and its arrows in scripts/checks/layers.config.js`
  return { file, message: `folder ${at.room} of package ${at.package} is not declared`, cure }
}

/**
 * @param {string} file
 * @param {Place} at
 * @param {Place} target
 * @param {string} specifier
 */
function betweenPackages(file, at, target, specifier) {
  if (target.package === '' || packages[at.package] === undefined) return undefined
  if (specifier.startsWith('.')) {
    return {
      message: `reaches into package ${target.package} by a relative path`,
      cure: `import what ${target.package} exports, by its package name`,
    }
  }
  const rule = packages[at.package]
  const allowed = isTest(file) ? [...rule.may, ...(rule.testsMay ?? [])] : rule.may
  if (allowed.includes(target.package)) return undefined
  return {
    message: `${at.package} must not import ${target.package}: ${rule.because}`,
    cure: `move what both need downwards; ${at.package} may import: ${allowed.join(', ') || 'nothing of ours'}`,
  }
}

/**
 * @param {string} file
 * @param {Place} at
 * @param {Place} target
 */
function betweenRooms(file, at, target) {
  if (isTest(file) || !at.inSource || !target.inSource) return undefined
  const crossing = betweenGateways(file, target)
  if (crossing) return crossing
  const rule = rooms[at.package]?.[at.room]
  if (rule === undefined || at.room === target.room) return undefined
  if (target.room === '' && bottomFiles.some((name) => target.path.endsWith(`/src/${name}`))) return undefined
  if (target.room === '') {
    return {
      message: `${at.room} must not import ${target.path}: files directly in src stand above all folders`,
      cure: `move it into a folder that ${at.room} may import: ${rule.may.join(', ') || 'none'}`,
    }
  }
  if (rule.may.includes(target.room) || rule.may.includes(target.path.split('/').slice(3).join('/'))) return undefined
  return {
    message: `${at.room} must not import ${target.room}: ${rule.because}`,
    cure: `move what both need downwards, or pass it in as an argument; ${at.room} may import: ${rule.may.join(', ') || 'nothing'}`,
  }
}

/**
 * @param {string} file
 * @param {Place} target
 */
function betweenGateways(file, target) {
  for (const { folder, shared } of separate) {
    if (!file.startsWith(folder) || !target.path.startsWith(folder)) continue
    const [from, to] = [file, target.path].map((path) => path.slice(folder.length).split('/'))
    if ((from?.length ?? 0) < 2 || (to?.length ?? 0) < 2 || from?.[0] === to?.[0] || shared.includes(to?.[0] ?? ''))
      continue
    return {
      message: `gateway ${from?.[0]} must not import gateway ${to?.[0]}`,
      cure: `what both need belongs into ${folder}${shared[0]} or further down`,
    }
  }
  return undefined
}
