import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { promisify } from 'node:util'
import net from '../../src/node-net.ts'

test('the stack of the process has loopback and an address of its own, in both families', async () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', '198.18.0.1', 'fd6e:6574:7374::1', 'localhost']) {
    const server = net.createServer((socket) => socket.end(socket.localAddress))
    server.listen(0)
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    let text = ''
    for await (const chunk of net.connect(port, address)) text += chunk
    if (address !== 'localhost') assert.equal(text.replace('::ffff:', ''), address)
    server.close()
  }
})

test('what is not on the stack is not reached', async () => {
  const [error] = await once(net.connect(80, '192.0.2.80'), 'error').catch((each) => [each])
  assert.equal(error.message, 'connect ENETUNREACH 192.0.2.80:80 - Local (0.0.0.0:0)')
})

// Each line is a process that must end, or be kept alive, by its sockets alone.
const PROGRAMS: readonly [source: string, stdout: string][] = [
  ['net.createServer().listen(0).unref()', ''],
  [
    'const s = net.createServer().listen(0); setTimeout(() => { console.log("alive"); s.close() }, 300).unref()',
    'alive',
  ],
  [
    'const s = net.createServer((c) => c.unref()).listen(0, () => net.connect(s.address().port, "127.0.0.1").unref()); s.unref()',
    '',
  ],
  [
    'const s = net.createServer((c) => setTimeout(() => c.end("late"), 200).unref()).listen(0, () => net.connect(s.address().port).on("data", (d) => { console.log(String(d)); s.close() }))',
    'late',
  ],
]

test('sockets keep the process alive until they are closed or unreferenced', async () => {
  const url = new URL('../../src/node-net.ts', import.meta.url).href
  for (const [source, expected] of PROGRAMS) {
    const program = `import net from ${JSON.stringify(url)}; ${source}`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
    assert.equal(stdout.trim(), expected, source)
  }
})

test('a module of CommonJS has it by require', async () => {
  const path = new URL('../../src/node-net.ts', import.meta.url).pathname
  const program = `const net = require(${JSON.stringify(path)}); console.log(typeof net.createServer, net.default === undefined)`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program])
  assert.equal(stdout, 'function true\n')
})

test('a loader gives it to every module that asks for net, its own modules among them', async () => {
  const url = new URL('../../src/node-net.ts', import.meta.url).href
  const hooks = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve: (name, context, next) =>
        name === 'net' || name === 'node:net' ? { url: ${JSON.stringify(url)}, shortCircuit: true } : next(name, context),
    })`
  const program = `
    import net from 'node:net'
    const server = net.createServer((socket) => socket.end('hello')).listen(0, () => {
      const client = net.connect(server.address().port).on('data', (data) => {
          console.log(String(data), client._handle.constructor.name)
          server.close()
        })
    })`
  const loader = `data:text/javascript,${encodeURIComponent(hooks)}`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    loader,
    '--input-type=module',
    '-e',
    program,
  ])
  assert.equal(stdout, 'hello TcpHandle\n')
})
