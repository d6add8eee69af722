/** What the NATS tests share: a hub on a free port, nats-server beside it, raw dialogues. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { HubCore, type HubCoreOptions } from '../../src/assembly/hub-core.ts'
import type { Connection } from '../../src/core/connection.ts'
import type { ConnectionLimits, HubLimits } from '../../src/core/limits.ts'
import type { TlsTerminator } from '../../src/core/tls.ts'
import { nodeEnvironment } from '../../src/edge/node.ts'
import { natsGateway, natsWebSocketGateway } from '../../src/gateways/nats/gateway.ts'
import { ConfiguredAuthenticator } from '../../src/security/authenticator.ts'
import type { SecurityOptions } from '../../src/security/options.ts'

export const LONG: boolean = process.env.WIREHUB_TEST_LONG !== undefined

export interface HubUnderTest {
  hub: HubCore
  port: number
  log: { level: string; sentence: string; detail: Record<string, unknown> | undefined }[]
}

export interface HubSetup {
  security?: SecurityOptions
  tls?: TlsTerminator
  connection?: Partial<ConnectionLimits>
  hub?: Partial<HubLimits>
  /** Options of the listener's URL, e.g. `stamp=all`. */
  options?: string
  /** `ws` for WebSocket. */
  scheme?: string
  core?: Partial<HubCoreOptions>
}

/** A hub with one NATS listener; closed after the test. */
export async function startHub(t: TestContext, setup: HubSetup = {}): Promise<HubUnderTest> {
  const log: HubUnderTest['log'] = []
  const hub = new HubCore({
    environment: nodeEnvironment,
    limits: { drainTimeoutMs: 200, ...setup.hub },
    log: (level, sentence, detail) => log.push({ level, sentence, detail }),
    ...setup.core,
  })
  if (setup.security !== undefined) hub.authenticator = new ConfiguredAuthenticator(setup.security, hub)
  hub.addGateway(natsGateway)
  hub.addGateway(natsWebSocketGateway)
  const url = `${setup.scheme ?? 'nats'}://127.0.0.1:0${setup.options === undefined ? '' : `?${setup.options}`}`
  const bound = await hub.listen(url, setup.connection, setup.tls)
  t.after(() => hub.close())
  return { hub, port: bound.port as number, log }
}

/** The connection of a client that calls itself so. */
export function connectionOf(hub: HubCore, name: string): Connection | undefined {
  return [...hub.connections.values()].find((connection) => connection.clientName === name)
}

/** Whether nats-server is installed; tests that compare with it are skipped otherwise. */
export const hasNatsServer: boolean = spawnSync('nats-server', ['--version']).status === 0

/** nats-server with this configuration; stopped after the test. */
export async function startNatsServer(t: TestContext, config: string): Promise<{ port: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-nats-'))
  const file = join(folder, 'nats.conf')
  writeFileSync(file, `host: 127.0.0.1\nport: -1\nports_file_dir: ${JSON.stringify(folder)}\n${config}`)
  const server = spawn('nats-server', ['-c', file], { stdio: 'ignore' })
  const exited = once(server, 'exit')
  t.after(async () => {
    server.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  })
  for (;;) {
    try {
      const ports = JSON.parse(readFileSync(join(folder, `nats-server_${server.pid}.ports`), 'utf8')) as {
        nats: string[]
      }
      return { port: Number(new URL(ports.nats[0]).port) }
    } catch {
      if (server.exitCode !== null) throw new Error(`nats-server ended with ${server.exitCode}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

/** Waits until this no longer throws; a test that waits for ever is ended, and named, by the runner. */
export async function eventually(check: () => void): Promise<void> {
  for (;;) {
    try {
      return check()
    } catch (error) {
      if (!(error instanceof assert.AssertionError)) throw error
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
}

/** A client that speaks bytes. */
export class RawClient {
  readonly socket: net.Socket
  /** Everything that came, one character for each byte. */
  text = ''
  closed = false
  #waiting: (() => void)[] = []

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    this.socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1')
      this.#wake()
    })
    this.socket.on('error', () => {})
    this.socket.on('end', () => this.socket.end())
    this.socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  /** Connects and takes INFO; `info` is its JSON. */
  static async open(port: number): Promise<{ client: RawClient; info: Record<string, unknown> }> {
    const client = new RawClient(port)
    const line = await client.until(/^INFO (\{.*\}) ?\r\n/)
    client.text = client.text.slice(line[0].length)
    return { client, info: JSON.parse(line[1]) as Record<string, unknown> }
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  send(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  }

  /** Waits for text that matches; fails when the connection closes before. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.text)
      if (match !== null) return match
      if (this.closed) throw new Error(`closed; waiting for ${pattern}, had ${JSON.stringify(this.text)}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** PING and its PONG: everything sent before has been executed. */
  async roundTrip(): Promise<void> {
    const before = this.text.split('PONG\r\n').length
    this.send('PING\r\n')
    while (this.text.split('PONG\r\n').length === before) {
      if (this.closed) throw new Error(`closed, had ${JSON.stringify(this.text)}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async whenClosed(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  close(): void {
    this.socket.destroy()
  }
}

/** Sends, finishes sending, returns all that came back after INFO, once the other side has closed. */
export async function dialogue(port: number, send: string): Promise<string> {
  const { client } = await RawClient.open(port)
  client.send(send)
  client.socket.end()
  await client.whenClosed()
  return client.text.replaceAll(/INFO \{.*?\} *\r\n/g, '<INFO>\r\n')
}
