/** Unix sockets: who may connect, what is left behind, what is said when it cannot be. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createHub } from '@wirehub/hub'
import { defaultIpcPath, ipcPath } from '../../src/edge/ipc.ts'

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'wirehub-'))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test("JSON lines over a Unix socket; the file is its owner's alone, and goes with the hub", async (t) => {
  const path = join(folder(t), 'hub.sock')
  const hub = await createHub({ listen: [`ipc://${path}`] })
  t.after(() => hub.close())
  assert.equal(hub.addresses[0].path, path)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const socket = net.connect(path)
  socket.write('{"op":"ping","id":1}\n')
  const [answer] = await once(socket, 'data')
  assert.equal(String(answer), '{"op":"ok","id":1}\n')
  socket.destroy()
  await hub.close()
  assert.equal(existsSync(path), false)
})

test('mode= gives others access', async (t) => {
  const path = join(folder(t), 'hub.sock')
  const hub = await createHub({ listen: [`lines+unix://${path}?mode=666`] })
  t.after(() => hub.close())
  assert.equal(statSync(path).mode & 0o777, 0o666)
  await assert.rejects(createHub({ listen: [`ipc://${path}2?mode=abc`] }), { code: 'WIREHUB_ERR_CONFIG' })
})

test('a socket that a killed program left behind is taken over; one in use, or a file, is not', async (t) => {
  const path = join(folder(t), 'hub.sock')
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  assert.equal(existsSync(path), true)
  const hub = await createHub({ listen: [`ipc://${path}`] })
  t.after(() => hub.close())
  await assert.rejects(createHub({ listen: [`ipc://${path}`] }), {
    code: 'WIREHUB_ERR_LISTEN',
    message: 'Another program listens there.',
  })
  const file = join(folder(t), 'precious')
  writeFileSync(file, 'data')
  await assert.rejects(createHub({ listen: [`ipc://${file}`] }), { code: 'WIREHUB_ERR_LISTEN', message: /no socket/ })
  assert.equal(existsSync(file), true)
})

test('a path that is too long is refused with its length', async (t) => {
  const path = join(folder(t), 'x'.repeat(120))
  await assert.rejects(createHub({ listen: [`ipc://${path}`] }), {
    code: 'WIREHUB_ERR_LISTEN',
    message: new RegExp(`may have 10[37] bytes; this one has ${path.length}`),
  })
})

test('the default path', () => {
  assert.equal(defaultIpcPath({ XDG_RUNTIME_DIR: '/run/user/7' }, 'linux'), join('/run/user/7', 'wirehub.sock'))
  assert.equal(defaultIpcPath({}, 'linux'), join(tmpdir(), 'wirehub.sock'))
  assert.equal(defaultIpcPath({}, 'win32'), '\\\\.\\pipe\\wirehub')
  assert.equal(ipcPath('/run/hub.sock', 'win32'), '\\\\.\\pipe\\run-hub.sock')
  assert.equal(ipcPath('\\\\.\\pipe\\mine', 'win32'), '\\\\.\\pipe\\mine')
})
