import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FieldAutomaton } from './automaton.ts'
import { parseSelector } from './selector.ts'

const place = { path: 'test' }

/** Which of the paths select the value behind these steps. */
function selecting(
  paths: readonly string[],
  steps: readonly (string | number)[],
  ignoreCase = false,
): readonly string[] {
  const automaton = new FieldAutomaton(
    paths.map((path) => ({ selector: parseSelector(path, place), rule: path })),
    ignoreCase,
  )
  let state = automaton.start
  for (const step of steps)
    state = typeof step === 'number' ? automaton.element(state, step) : automaton.key(state, step)
  return automaton.rules(state)
}

const rows: readonly (readonly [path: string, steps: readonly (string | number)[], selects: boolean])[] = [
  ['$.user.email', ['user', 'email'], true],
  ['user.email', ['user', 'email'], true],
  ['$.user.email', ['user', 'email', 'x'], false],
  ['$.user.email', ['a', 'user', 'email'], false],
  ['**.password', ['password'], true],
  ['**.password', ['a', 'b', 3, 'password'], true],
  ['**.a.b', ['a', 'a', 'b'], true],
  ['$.*.id', ['x', 'id'], true],
  ['$.*.id', ['id'], false],
  ['$.items[*].card', ['items', 5, 'card'], true],
  ['$.items.card', ['items', 5, 'card'], true],
  ['$.items[1]', ['items', 1], true],
  ['$.items[1]', ['items', 2], false],
  ['$["odd.name"]["it\'s"]', ['odd.name', "it's"], true],
  ['$', [], true],
  ['$.user.**', ['user', 'a', 'b'], true],
  ['$.user.**', ['user'], true],
]

for (const [path, steps, selects] of rows) {
  test(`${path} ${selects ? 'selects' : 'does not select'} ${JSON.stringify(steps)}`, () => {
    assert.deepEqual(selecting([path], steps), selects ? [path] : [])
  })
}

test('several paths are followed at once, and case counts only when asked', () => {
  assert.deepEqual(selecting(['**.id', '$.user.*', '$.user.id'], ['user', 'id']), ['**.id', '$.user.*', '$.user.id'])
  assert.deepEqual(selecting(['$.User.ID'], ['user', 'id']), [])
  assert.deepEqual(selecting(['$.User.ID'], ['uSER', 'id'], true), ['$.User.ID'])
})

test('a path that cannot be read names the offset', () => {
  for (const path of ['', '$.', '$..a', '$.a[', '$.a[x]', 'a b', '$.a]', '$["x]']) {
    assert.throws(
      () => parseSelector(path, place),
      { code: 'SCRUB_ERR_CONFIG', message: /not understood at offset \d+/ },
      path,
    )
  }
})
