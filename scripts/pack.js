// Packs the workspaces as they are published: `node scripts/pack.js <folder>` builds them, then writes one tarball each into the folder.
// The export condition `@wirehub/source` is removed (Node strips no types inside node_modules), and development dependencies with it.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
const sourceCondition = '@wirehub/source'

/**
 * @param {string} destination folder for the tarballs
 * @returns {{ name: string, file: string }[]} package names and the paths of their tarballs
 */
export function packWorkspaces(destination) {
  mkdirSync(destination, { recursive: true })
  execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', ...buildable()], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  const staging = mkdtempSync(join(tmpdir(), 'wirehub-pack-'))
  try {
    return workspaces().map((folder) => {
      const copy = join(staging, folder)
      const from = join(root, 'packages', folder)
      cpSync(from, copy, { recursive: true, filter: (path) => isPublished(from, path) })
      for (const name of ['LICENSE', 'README.md']) {
        if (!existsSync(join(copy, name)) && existsSync(join(root, name))) cpSync(join(root, name), join(copy, name))
      }
      const manifest = publishedManifest(JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')))
      writeFileSync(join(copy, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
      const packed = execFileSync(
        'npm',
        ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(destination)],
        {
          cwd: copy,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      )
      const answer = JSON.parse(packed)
      const entry = Array.isArray(answer) ? answer[0] : Object.values(answer)[0]
      return { name: manifest.name, file: join(resolve(destination), entry.filename) }
    })
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/**
 * Neither dependencies nor what an earlier build left behind of sources that are gone.
 *
 * @param {string} folder of the package
 * @param {string} path
 */
function isPublished(folder, path) {
  if (/[\\/]node_modules([\\/]|$)/.test(path)) return false
  const built = /^dist[\\/](.*?)(\.d\.ts|\.js)(\.map)?$/.exec(relative(folder, path))
  return built === null || existsSync(join(folder, 'src', `${built[1]}.ts`))
}

/**
 * @param {Record<string, any>} manifest a package.json of the workspace
 * @returns {Record<string, any>} the package.json that users get
 */
export function publishedManifest(manifest) {
  const { devDependencies: _, scripts: __, ...published } = manifest
  return { ...published, exports: withoutSource(published.exports) }
}

/**
 * @param {any} exports
 * @returns {any}
 */
function withoutSource(exports) {
  if (exports === null || typeof exports !== 'object') return exports
  return Object.fromEntries(
    Object.entries(exports)
      .filter(([condition]) => condition !== sourceCondition)
      .map(([condition, target]) => [condition, withoutSource(target)]),
  )
}

function workspaces() {
  return readdirSync(join(root, 'packages')).filter((folder) =>
    existsSync(join(root, 'packages', folder, 'package.json')),
  )
}

function buildable() {
  return workspaces()
    .map((folder) => `packages/${folder}`)
    .filter((folder) => existsSync(join(root, folder, 'tsconfig.json')))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const { name, file } of packWorkspaces(process.argv[2] ?? 'dist')) console.log(`${name} ${file}`)
}
