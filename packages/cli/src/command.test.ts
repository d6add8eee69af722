/** Arguments that make no sense: told at once, with what was meant. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileOf, parseOptions, wholeNumber } from './command.ts'
import { pub } from './commands/pub.ts'
import { serve } from './commands/serve.ts'
import { sub } from './commands/sub.ts'
import { loadConfig } from './config.ts'

const usage = { code: 'WIREHUB_ERR_USAGE' }

test('an option that does not exist names the nearest one', () => {
  assert.throws(() => parseOptions(pub, ['--hedaer', 'a:b', 'x', 'y']), {
    ...usage,
    message: "There is no option 'hedaer'.",
    cure: /^Did you mean '--header'\?/,
  })
  assert.throws(() => parseOptions(pub, ['-x']), { ...usage, message: "There is no option 'x'." })
})

test('a word too many is refused: half of a payload went out without a word', () => {
  assert.throws(() => parseOptions(pub, ['a', 'hello', 'world']), { ...usage, message: /'world'/ })
  assert.throws(() => parseOptions(serve, ['nats://127.0.0.1:1']), usage)
  assert.deepEqual(parseOptions(sub, ['a', 'b', 'c']).positionals, ['a', 'b', 'c'])
  assert.deepEqual(parseOptions(pub, ['a', 'hello world']).positionals, ['a', 'hello world'])
})

test('what is told is one line', () => {
  assert.throws(
    () => parseOptions(sub, ['a', '--count', '-1']),
    (error: Error) => !error.message.includes('\n'),
  )
})

test('numbers are whole and within bounds: sub waited for ever for the one and a halfth message', () => {
  assert.equal(wholeNumber({ count: '3' }, 'count', 1, 1), 3)
  assert.equal(wholeNumber({}, 'count', 1, 1), 1)
  for (const count of ['1.5', '0', '-1', '', 'abc', '1e3', ' 1'])
    assert.throws(() => wholeNumber({ count }, 'count', 1, 1), usage, count)
})

test('a file that an option names and that cannot be read is a usage error, not a stack', () => {
  assert.throws(() => fileOf({ nkey: '/nonexistent' }, 'nkey'), { ...usage, message: /--nkey/ })
})

test('a user without a password would let everybody in by that name', () => {
  assert.throws(() => loadConfig({ user: 'alice' }, {}), usage)
  assert.deepEqual(loadConfig({ user: 'alice', password: 'secret' }, {}).config.authorization?.users, [
    { user: 'alice', password: 'secret' },
  ])
})
