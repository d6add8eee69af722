// The pictures of the documentation are what the commands beside them draw today, byte for byte.
// UPDATE_PICTURES=1 writes them anew.
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { make, PICTURES, RECIPES } from './pictures.ts'

const folder = mkdtempSync(join(tmpdir(), 'netstack-pictures-'))
after(() => rmSync(folder, { recursive: true }))

for (const recipe of RECIPES) {
  test(`${recipe.pictures.map(([picture]) => picture).join(', ')} by ${recipe.command.join(' ')}`, () => {
    make(recipe, folder)
    for (const [picture, file] of recipe.pictures) {
      if (process.env['UPDATE_PICTURES'] !== undefined) copyFileSync(join(folder, file), join(PICTURES, picture))
      const isEqual = readFileSync(join(folder, file)).equals(readFileSync(join(PICTURES, picture)))
      assert.ok(
        isEqual,
        `docs/pictures/${picture} is old: UPDATE_PICTURES=1 npm test -- packages/netstack/test/pictures`,
      )
    }
  })
}

test('no picture of the stack is without its command', () => {
  const made = RECIPES.flatMap((recipe) => recipe.pictures.map(([picture]) => picture))
  const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
  const documents = text('../../README.md') + text('../../../../docs/netstack.md')
  const used = [...documents.matchAll(/pictures\/([\w-]+\.svg)/g)].map(([, name]) => name)
  assert.ok(used.length > 0)
  for (const name of used) assert.ok(made.includes(name), `${name} is not made by a command`)
  for (const name of made) assert.ok(readdirSync(PICTURES).includes(name))
})
