/** What the tests of monitoring share: a hub with its HTTP listener, raw requests, nats-server beside it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createHub, type Hub } from '@wirehub/hub'

export interface Monitored {
  readonly hub: Hub
  readonly nats: number
  readonly http: number
  json(path: string): Promise<Record<string, unknown>>
  text(path: string): Promise<string>
}

/** A hub with a NATS and an HTTP listener; closed after the test. */
export async function monitoredHub(t: TestContext): Promise<Monitored> {
  const hub = await createHub({ listen: ['nats://127.0.0.1:0', 'http://127.0.0.1:0'] })
  t.after(() => hub.close())
  const [nats, http] = hub.addresses.map((one) => one.port as number)
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${http}${path}`)
  return {
    hub,
    nats,
    http,
    json: async (path) => (await (await get(path)).json()) as Record<string, unknown>,
    text: async (path) => (await get(path)).text(),
  }
}

/** Sends bytes and returns all that comes back until the other side closes. */
export async function exchange(port: number, bytes: string | Buffer): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  socket.end(bytes)
  await once(socket, 'close')
  return text
}

/** nats-server with monitoring; stopped after the test. */
export async function monitoredNatsServer(t: TestContext): Promise<{ nats: number; http: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-nats-'))
  const args = ['-a', '127.0.0.1', '-p', '-1', '-m', '-1', '--ports_file_dir', folder]
  const server = spawn('nats-server', args, { stdio: 'ignore' })
  const exited = once(server, 'exit')
  t.after(async () => {
    server.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  })
  for (;;) {
    try {
      const file = readFileSync(join(folder, `nats-server_${server.pid}.ports`), 'utf8')
      const ports = JSON.parse(file) as { nats: string[]; monitoring: string[] }
      return { nats: Number(new URL(ports.nats[0]).port), http: Number(new URL(ports.monitoring[0]).port) }
    } catch {
      if (server.exitCode !== null) throw new Error(`nats-server ended with ${server.exitCode}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}
