/** Every block of the README runs and prints what the comment under its last call says. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(root, 'test', '.readme-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
  (match) => match[1],
)

assert.ok(blocks.length >= 5)

for (const [index, block] of blocks.entries()) {
  test(`README block ${index + 1} prints what it says`, () => {
    const file = join(folder, `block-${index}.ts`)
    writeFileSync(file, block)
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--conditions=@wirehub/source', file], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    const expected = [...block.matchAll(/^\/\/ (.*)$/gm)].map((match) => match[1])
    const lines = stdout.trimEnd().split('\n')
    assert.equal(lines.length, expected.length, stdout)
    for (const [at, line] of lines.entries()) {
      const pattern = expected[at]
        .split('...')
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('[\\w-]+')
      assert.match(line, new RegExp(`^${pattern}$`))
    }
  })
}
