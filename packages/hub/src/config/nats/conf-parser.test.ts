import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, formatProblem } from '../problem.ts'
import { parseNatsConf } from './conf-parser.ts'
import type { ConfValue } from './conf-value.ts'

function plain(value: ConfValue): unknown {
  if (value.kind === 'array') return value.items.map(plain)
  if (value.kind === 'map')
    return Object.fromEntries([...value.entries].map(([key, entry]) => [key, plain(entry.value)]))
  return value.value
}

function parse(text: string, files: Record<string, string> = {}, env: Record<string, string> = {}): unknown {
  return plain(
    parseNatsConf(text, 'server.conf', {
      include: (name) => (files[name] === undefined ? undefined : { file: name, text: files[name] }),
      variable: (name) => env[name],
    }),
  )
}

function problem(text: string): string {
  try {
    parse(text)
  } catch (error) {
    assert(error instanceof ConfigError)
    return formatProblem(error.problems[0])
  }
  return assert.fail('was accepted')
}

test('keys and values are separated by a colon, an equals sign or a space', () => {
  assert.deepEqual(parse('a: 1\nb = 2\nc 3\nd { e: f }\ng: [1, 2]'), { a: 1, b: 2, c: 3, d: { e: 'f' }, g: [1, 2] })
})

test('a listen address is one bare string', () => {
  assert.deepEqual(parse('listen: 127.0.0.1:4222\nhttp: localhost:8222'), {
    listen: '127.0.0.1:4222',
    http: 'localhost:8222',
  })
})

test('arrays go with and without commas, over several lines, with comments', () => {
  const text = 'users = [\n  {user: a, password: b} # first\n  {user: c, password: d}, // second\n]\nx: [a b\n c]'
  assert.deepEqual(parse(text), {
    users: [
      { user: 'a', password: 'b' },
      { user: 'c', password: 'd' },
    ],
    x: ['a', 'b', 'c'],
  })
})

test('sizes, booleans and strings are told apart', () => {
  assert.deepEqual(parse('a: 1k\nb: 1kb\nc: 2MB\nd: yes\ne: off\nf: "10"\ng: \'a\\n\'\nh: "a\\n\\x41"'), {
    a: 1000,
    b: 1024,
    c: 2 * 1024 * 1024,
    d: true,
    e: false,
    f: '10',
    g: 'a\\n',
    h: 'a\nA',
  })
})

test('variables are looked up in the block, the blocks around it and the environment', () => {
  assert.deepEqual(parse('TOKEN: secret\nauthorization { token: $TOKEN }\nport: $PORT', {}, { PORT: '4333' }), {
    token: 'secret',
    authorization: { token: 'secret' },
    port: 4333,
  })
  assert.match(problem('a: $NOPE'), /server\.conf:1:4: The variable '\$NOPE' is not set/)
})

test('a bcrypt hash is no variable', () => {
  assert.deepEqual(parse('password: $2a$11$W2zko751KUvVy59mUTWmpOdWjpEm5qhcCZRd05GjI/sSOT.xtiHyG'), {
    password: '$2a$11$W2zko751KUvVy59mUTWmpOdWjpEm5qhcCZRd05GjI/sSOT.xtiHyG',
  })
})

test('included files become part of the block', () => {
  assert.deepEqual(parse('include "auth.conf"\na: 1', { 'auth.conf': 'b: 2' }), { b: 2, a: 1 })
  assert.deepEqual(parse('authorization {\n  include ./users.conf\n}', { './users.conf': 'users: []' }), {
    authorization: { users: [] },
  })
  assert.match(problem('a: 1\n  include "nope"'), /server\.conf:2:3: Cannot read/)
})

test('a text block ends at a parenthesis on its own line', () => {
  assert.deepEqual(parse('a (\n one\n two\n)\nb: 1'), { a: ' one\n two', b: 1 })
})

test('JSON is a configuration too', () => {
  assert.deepEqual(parse('{"port": 4222, "authorization": {"users": [{"user": "a"}]}}'), {
    port: 4222,
    authorization: { users: [{ user: 'a' }] },
  })
})

test('what is wrong is named with line and column', () => {
  assert.match(problem('a {\n b: 1\n'), /server\.conf:3:1: The block is not closed/)
  assert.match(problem('a: [1, 2'), /The array is not closed/)
  assert.match(problem('a: "x'), /1:4: The string is not closed/)
  assert.match(problem('a: }'), /1:4: A value is missing/)
  assert.match(problem('}'), /1:1: Unexpected '}'/)
})
