// Runs before `npm start`, `npm test`, `npm run check` and `npm run bench`, under whatever Node the machine has (20 or newer):
// installs the locked dependencies when they are missing or older than the lockfile.
import { execSync } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stamp = join(root, 'node_modules', '.wirehub-setup')
const lock = join(root, 'package-lock.json')
const node = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')

const fresh = existsSync(stamp) && existsSync(node) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs
if (!fresh) {
  console.error('wirehub: installing dependencies (npm ci), once')
  execSync('npm ci --no-audit --no-fund --loglevel=error', { cwd: root, stdio: ['ignore', 2, 2] })
  writeFileSync(stamp, '')
}
