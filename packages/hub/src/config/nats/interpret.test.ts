import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, formatProblem } from '../problem.ts'
import { parseNatsConf } from './conf-parser.ts'
import { type InterpretedNatsConf, interpretNatsConf } from './interpret.ts'

function interpret(text: string): InterpretedNatsConf {
  return interpretNatsConf(parseNatsConf(text, 'server.conf', { include: () => undefined, variable: () => undefined }))
}

function problems(text: string): string[] {
  try {
    interpret(text)
  } catch (error) {
    assert(error instanceof ConfigError)
    return error.problems.map(formatProblem)
  }
  return []
}

test('addresses, limits and durations get their meaning', () => {
  const { config, settings } = interpret(
    'listen: 127.0.0.1:4333\nhttp: 8333\nmax_payload: 2MB\nping_interval: "2m"\nwrite_deadline: 5s\nmax_connections: 100\nserver_name: a',
  )
  assert.equal(settings.host, '127.0.0.1')
  assert.equal(settings.port, 4333)
  assert.equal(settings.httpPort, 8333)
  assert.deepEqual(config.limits, {
    maxPayloadBytes: 2 * 1024 * 1024,
    maxConnections: 100,
    pingIntervalMs: 120_000,
    writeDeadlineMs: 5000,
  })
  assert.equal(config.serverName, 'a')
})

test('users of the authorization block and of accounts come together', () => {
  const { config } = interpret(`
    authorization {
      timeout: 1
      default_permissions { publish: "a.>" }
      users = [ {user: u, password: p, permissions: {publish: {allow: [x, "y.*"], deny: z}, sub: ">", allow_responses: true}} ]
    }
    accounts { A { users: [{nkey: UABC}] limits { max_conn: 3, max_subs: -1 } } }
  `)
  assert.deepEqual(config.authorization, {
    defaultPermissions: { publish: { allow: ['a.>'] } },
    users: [
      {
        user: 'u',
        password: 'p',
        permissions: {
          publish: { allow: ['x', 'y.*'], deny: ['z'] },
          subscribe: { allow: ['>'] },
          allowResponses: true,
        },
      },
      { nkey: 'UABC', account: 'A' },
    ],
  })
  assert.equal(config.limits?.authenticationTimeoutMs, 1000)
  assert.deepEqual(config.accounts, { A: { maxConnections: 3, maxSubscriptions: undefined } })
})

test('cluster and leafnodes are accepted, and said to be ignored', () => {
  const { notices } = interpret('cluster { name: c, routes: [nats://a:1] }\nleafnodes { port: 7422 }')
  assert.equal(notices.length, 2)
})

test('unknown fields are named with their place and the nearest field', () => {
  assert.deepEqual(problems('prot: 4222\nmax_paylod: 10'), [
    `server.conf:1:1: unknown field "prot" Did you mean 'port'?`,
    `server.conf:2:1: unknown field "max_paylod" Did you mean 'max_payload'?`,
  ])
  assert.equal(problems('authorization { users: [{pasword: a}] }').length, 2)
})

test('TLS needs its files', () => {
  assert.equal(problems('tls { cert_file: a }').length, 1)
  assert.deepEqual(interpret('tls { cert_file: a, key_file: b, verify: true, timeout: 2 }').config.tls?.timeoutMs, 2000)
})
