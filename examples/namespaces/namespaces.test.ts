/** The words of README.md are what run.sh does. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

function reasonToSkip(): string | false {
  if (process.env.CI !== undefined) return false
  if (process.platform !== 'linux') return 'network namespaces are Linux'
  if (process.getuid?.() !== 0) return 'needs root: sudo examples/namespaces/run.sh'
  const namespaces = spawnSync('ip', ['netns', 'list'])
  return namespaces.status === 0 ? false : 'iproute2 is not installed'
}

test('the hub, two clients and a hand-written server in four network namespaces, with credentials', {
  skip: reasonToSkip(),
}, () => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  const [, expected] = /\$ sudo examples\/namespaces\/run\.sh\n(.*?)```/s.exec(readme) ?? []
  const { status, stdout, stderr } = spawnSync(join(import.meta.dirname, 'run.sh'), {
    encoding: 'utf8',
    timeout: 120_000,
  })
  assert.equal(status, 0, `${stdout}${stderr}`)
  assert.equal(stdout.replace(/_INBOX\.[\w-]+/, '_INBOX.kC0…'), expected)
  assert.ok(
    !spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout.includes('-meter'),
    'nothing is left behind',
  )
})
