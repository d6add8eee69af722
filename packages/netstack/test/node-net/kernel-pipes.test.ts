import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import http from 'node:http'
import nodeNet from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import net from '../../src/node-net.ts'

// Pipes are the kernel's at their names: whoever is outside of the stack reaches a server on it, and is reached.

const folder = mkdtempSync(join(tmpdir(), 'pipes-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let count = 0
const pathOfPipe = (): string => join(folder, `${count++}`)

test('another process reaches a server, which sees bytes and the end', async () => {
  const path = pathOfPipe()
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('end', () => socket.end(`heard ${text}`))
  })
  server.listen(path)
  await once(server, 'listening')
  assert.ok(statSync(path).isSocket())
  const program = `require('net').connect(${JSON.stringify(path)}).on('data', (data) => process.stdout.write(data)).end('hello')`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program])
  assert.equal(stdout, 'heard hello')
  server.close()
  await once(server, 'close')
  assert.equal(existsSync(path), false)
})

test("a client reaches Node's own http at a path, and the other way round", async () => {
  const path = pathOfPipe()
  const theirs = http.createServer((_request, response) => response.end('from http'))
  theirs.listen(path)
  await once(theirs, 'listening')
  const client = net.connect(path)
  client.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  let text = ''
  for await (const chunk of client) text += chunk
  assert.match(text, /^HTTP\/1\.1 200 OK[\s\S]*from http/)
  theirs.close()
  await once(theirs, 'close')

  const ours = net.createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 204 Found\r\nConnection: close\r\n\r\n'))
  })
  ours.listen(path)
  await once(ours, 'listening')
  const [response] = await once(http.get({ socketPath: path }), 'response')
  assert.equal(response.statusCode, 204)
  ours.close()
})

test('many bytes go to a server of the kernel and come back, each side waiting for the other', async () => {
  const path = pathOfPipe()
  const server = nodeNet.createServer((socket) => socket.pipe(socket))
  server.listen(path)
  await once(server, 'listening')
  const sent = Buffer.alloc(3_000_000, 'abcdefg')
  const client = net.connect(path)
  client.end(sent)
  const chunks: Buffer[] = []
  for await (const chunk of client) chunks.push(chunk as Buffer)
  assert.ok(Buffer.concat(chunks).equals(sent))
  server.close()
  await once(server, 'close')
})

test('a server of the kernel that ends, and one that has gone', async () => {
  const path = pathOfPipe()
  const server = nodeNet.createServer((socket) => socket.destroy())
  server.listen(path)
  await once(server, 'listening')
  const client = net.connect(path)
  await once(client, 'connect')
  client.resume()
  await once(client, 'end')
  if (!client.closed) await once(client, 'close')
  server.close()
  await once(server, 'close')
  const refused = net.connect(path)
  const [error] = await once(refused, 'error').catch((each) => [each])
  assert.equal(error.message, `connect ENOENT ${path}`)
})

test('sockets on pipes of the kernel keep the process alive until they are closed, and no longer', async () => {
  const path = pathOfPipe()
  const url = new URL('../../src/node-net.ts', import.meta.url).href
  const program = `
    import net from ${JSON.stringify(url)}
    import nodeNet from 'node:net'
    const server = nodeNet.createServer((socket) => setTimeout(() => socket.end('late'), 200).unref()).listen(${JSON.stringify(path)}, () => {
      net.connect(${JSON.stringify(path)}).on('data', (data) => console.log(String(data)))
    }).unref()
    net.createServer().listen(${JSON.stringify(`${path}-other`)}).unref()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  assert.equal(stdout, 'late\n')
})
