/** The program in docs/embedded.md does what the document says that it does. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

test('the hub on simulated TCP, as documented', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../../../../docs/embedded.md'), 'utf8')
  const section = text.slice(text.indexOf('## The hub on simulated TCP'))
  const [, program] = /```js\n(.*?)```/s.exec(section) as RegExpExecArray
  const [, output] = /^\/\/ (.*)$/m.exec(program) as RegExpExecArray
  // Beside the packages, so that their names are found.
  const file = join(import.meta.dirname, `documented-${process.pid}.mjs`)
  t.after(() => rmSync(file, { force: true }))
  writeFileSync(file, program)
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@wirehub/source', file])
  assert.equal(stdout, `${output}\n`)
})
