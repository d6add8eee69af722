import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './parse-yaml.ts'
import { ConfigError, formatProblem } from './problem.ts'

function problemsOf(text: string): string[] {
  try {
    parseConfig(text, 'wirehub.yaml')
  } catch (error) {
    assert(error instanceof ConfigError)
    return error.problems.map(formatProblem)
  }
  return []
}

test('a right configuration is returned as data', () => {
  const config = parseConfig(
    'listen:\n  - nats://127.0.0.1:4222\n  - url: lines://127.0.0.1:0\n    limits: {maxPayloadBytes: 10}\n',
    'f',
  )
  assert.deepEqual(config.listen, [
    'nats://127.0.0.1:4222',
    { url: 'lines://127.0.0.1:0', limits: { maxPayloadBytes: 10 } },
  ])
  assert.deepEqual(parseConfig('', 'f'), {})
})

test('an unknown key is named with file, line, column and the nearest key', () => {
  assert.deepEqual(problemsOf('serverName: a\nlimits:\n  maxPayloadBites: 5\n'), [
    "wirehub.yaml:3:3: Unknown key 'maxPayloadBites'. Did you mean 'maxPayloadBytes'?",
  ])
  assert.deepEqual(problemsOf('lisen: []\n'), ["wirehub.yaml:1:1: Unknown key 'lisen'. Did you mean 'listen'?"])
  assert.deepEqual(problemsOf('zzzzzz: 1\n'), ["wirehub.yaml:1:1: Unknown key 'zzzzzz'."])
})

test('a wrong value is named with what was expected', () => {
  assert.deepEqual(problemsOf('limits:\n  maxPayloadBytes: many\n'), [
    'wirehub.yaml:2:20: \'limits.maxPayloadBytes\' cannot be "many". Expected: number.',
  ])
  assert.deepEqual(problemsOf('log: {level: loud}\n').length, 1)
  assert.match(
    problemsOf('listen:\n  - url: nats://x:1\n    limts: {}\n')[0],
    /:3:5: Unknown key 'limts'. Did you mean 'limits'/,
  )
})

test('text that is no YAML is named with line and column', () => {
  const [first] = problemsOf('listen: [\n  a\nlimits: {}\n')
  assert.match(first, /^wirehub\.yaml:\d+:\d+: /)
})

test('all problems are reported, not the first only', () => {
  assert.equal(problemsOf('a1: 1\nb2: 2\ninsecure: maybe\n').length, 3)
})
