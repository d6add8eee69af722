/** `wirehub certs dev`: certificates that node:crypto, OpenSSL and a real handshake accept, and refuse where they should. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import tls from 'node:tls'
import { developmentCertificates } from '../../src/certs/dev.ts'
import { run, start } from '../support/run.ts'

let folder: string
let printed: string
const hasOpenssl = spawnSync('openssl', ['version']).status === 0

const read = (name: string): string => readFileSync(join(folder, 'certs', name), 'utf8')

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wirehub-certs-'))
  const made = await run(
    [
      'certs',
      'dev',
      '--host',
      'localhost',
      '--host',
      '127.0.0.1',
      '--host',
      'fe80::ffff:1.2.3.4',
      '--host',
      '*.hub.test',
    ],
    { cwd: folder },
  )
  assert.equal(made.code, 0, made.err)
  printed = made.out
})
after(() => rmSync(folder, { recursive: true }))

test('node reads them: names, purposes, signatures, keys', () => {
  const [authority, server, client] = ['ca.pem', 'server.pem', 'client.pem'].map(
    (name) => new X509Certificate(read(name)),
  )
  assert(authority.ca && !server.ca && !client.ca)
  for (const one of [authority, server, client]) {
    assert(one.verify(authority.publicKey))
    assert(one.checkIssued(authority))
    assert.equal(one.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  }
  assert(!client.verify(server.publicKey))
  assert.equal(server.checkHost('localhost'), 'localhost')
  assert.equal(server.checkHost('a.hub.test'), '*.hub.test')
  assert.equal(server.checkHost('other.test'), undefined)
  assert.equal(server.checkIP('127.0.0.1'), '127.0.0.1')
  assert.equal(server.checkIP('fe80::ffff:102:304'), 'fe80::ffff:102:304')
  assert.equal(client.checkEmail('dev@localhost'), 'dev@localhost')
  // What Node calls keyUsage is the extended one.
  assert.deepEqual([server.keyUsage, client.keyUsage], [['1.3.6.1.5.5.7.3.1'], ['1.3.6.1.5.5.7.3.2']])
  assert(server.checkPrivateKey(createPrivateKey(read('server-key.pem'))))
  assert(new Date(server.validFrom) < new Date() && new Date(server.validTo) > new Date(Date.now() + 364 * 86_400_000))
  assert.notEqual(server.serialNumber, client.serialNumber)
})

test('keys are for their owner alone; nothing is written over without --force', async () => {
  for (const name of ['ca-key.pem', 'server-key.pem', 'client-key.pem']) {
    assert.equal(statSync(join(folder, 'certs', name)).mode & 0o777, 0o600)
  }
  const again = await run(['certs', 'dev'], { cwd: folder })
  assert.equal(again.code, 2)
  assert.match(again.err, /--force/)
  assert.equal((await run(['certs', 'dev', '--out', 'x', '--host', 'https://a.b'], { cwd: folder })).code, 2)
  assert.equal((await run(['certs'], { cwd: folder })).code, 2)
})

test('a folder that cannot be made is told with its name: it was a stack trace', async () => {
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  const { code, err } = await run(['certs', 'dev', '--out', join(file, 'below')])
  assert.equal(code, 2)
  assert.match(err, /a-file\/below: The certificates cannot be written: ENOTDIR/)
})

test('OpenSSL verifies them strictly', { skip: hasOpenssl ? false : 'openssl is not installed' }, () => {
  const verify = (...args: string[]): number | null =>
    spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', 'ca.pem', ...args], { cwd: join(folder, 'certs') })
      .status
  assert.equal(verify('-purpose', 'sslserver', '-verify_hostname', 'localhost', 'server.pem'), 0)
  assert.equal(verify('-purpose', 'sslclient', 'client.pem'), 0)
  assert.notEqual(verify('-purpose', 'sslclient', 'server.pem'), 0)
  assert.notEqual(verify('-verify_hostname', 'elsewhere', 'server.pem'), 0)
})

test('a handshake with certificates on both sides', async (t) => {
  const ca = read('ca.pem')
  const server = tls.createServer({ cert: read('server.pem'), key: read('server-key.pem'), ca, requestCert: true })
  server.on('tlsClientError', () => {})
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const accepted = once(server, 'secureConnection') as Promise<[tls.TLSSocket]>
  const client = tls.connect({ port, host: '127.0.0.1', ca, cert: read('client.pem'), key: read('client-key.pem') })
  await once(client, 'secureConnect')
  assert(client.authorized)
  const [socket] = await accepted
  assert(socket.authorized)
  assert.equal(socket.getPeerCertificate().subjectaltname, 'email:dev@localhost')
  client.destroy()
  const stranger = tls.connect({ port, host: '127.0.0.1', servername: 'localhost' })
  const [error] = (await once(stranger, 'error')) as [NodeJS.ErrnoException]
  assert.match(error.code ?? '', /SELF_SIGNED|UNABLE_TO/)
})

test('what it prints is a configuration that works, with the client certificate as the user', async () => {
  const lines = printed.split('\n').map((line) => line.replace(/^# (?=tls|authorization)/, ''))
  const settings = lines.filter((line) => line.startsWith('tls:') || line.startsWith('authorization:'))
  assert.equal(settings.length, 3)
  writeFileSync(join(folder, 'wirehub.yaml'), ['listen: [nats://127.0.0.1:0]', ...settings.slice(1)].join('\n'))
  const ports = join(folder, 'ports.json')
  const hub = start(['serve', '--quiet', '--ports-file', ports], { cwd: folder })
  await hub.until(() => existsSync(ports))
  const server = `tls://localhost:${JSON.parse(readFileSync(ports, 'utf8')).listeners[0].port}`
  const trust = ['--server', server, '--tls-ca', 'certs/ca.pem']
  const own = ['--tls-cert', 'certs/client.pem', '--tls-key', 'certs/client-key.pem']
  assert.equal((await run(['pub', 'a', 'b', ...trust, ...own], { cwd: folder })).code, 0)
  assert.notEqual((await run(['pub', 'a', 'b', ...trust], { cwd: folder })).code, 0)
  await hub.stop()
})

test('dates beyond 2049 have another form', () => {
  const files = developmentCertificates({ hosts: ['a'], user: 'u', days: 36_500, now: new Date('2026-01-01') })
  const [authority] = files.map(({ text }) => text)
  const { validFrom, validTo } = new X509Certificate(authority)
  assert.match(validFrom, /2025/)
  assert.match(validTo, /2125/)
})
