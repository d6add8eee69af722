// Runs before `npm start`, `npm test`, `npm run check` and `npm run bench`, under whatever Node the machine has (20 or newer):
// installs the locked dependencies when what is installed differs from the lockfile. npm's own record of what it installed
// (node_modules/.package-lock.json) is compared by content, so that neither a touched file nor an `npm install` makes it start over.
import { execSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const node = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')

if (!existsSync(node) || !installedAsLocked()) {
  console.error('wirehub: installing dependencies (npm ci), once')
  execSync('npm ci --no-audit --no-fund --loglevel=error', { cwd: root, stdio: ['ignore', 2, 2] })
}

function installedAsLocked() {
  try {
    const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
    const installed = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages
    return Object.entries(locked).every(
      ([path, entry]) =>
        !path.startsWith('node_modules/') || entry.optional || installed[path]?.version === entry.version,
    )
  } catch {
    return false
  }
}
