/** Every limit stands in docs/limits.md. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { defaultConnectionLimits, defaultHubLimits } from '@wirehub/hub'

const page = readFileSync(new URL('../../../docs/limits.md', import.meta.url), 'utf8')

test('every limit is documented', () => {
  for (const name of [...Object.keys(defaultConnectionLimits), ...Object.keys(defaultHubLimits)]) {
    assert.match(page, new RegExp(`^\\| \`${name}\` +\\|`, 'm'), `docs/limits.md lacks ${name}`)
  }
})
