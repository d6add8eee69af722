/** Every way into the hub, for the test that plants secrets in all of them. */
import { once } from 'node:events'
import net from 'node:net'
import type { TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { headers as makeHeaders, type NatsConnection } from '@nats-io/transport-node'
import { defineGateway, type GatewayFactory, type Hub } from '@wirehub/hub'
import { planted } from './support.ts'

/** One message with something planted in it. */
export interface Planted {
  readonly name: string
  readonly payload: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

const { awsKey, card, email } = planted
const all = `key ${awsKey}, card ${card}, mail ${email}`
const escaped = (text: string): string =>
  text.replace(/[@4A]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** One planted AWS key, payment card and e-mail, wherever they can stand. */
export const plantedMessages: readonly Planted[] = [
  { name: 'text', payload: Buffer.from(`hello ${all} end`) },
  { name: 'JSON', payload: Buffer.from(JSON.stringify({ a: awsKey, b: [card], mail: email })) },
  { name: 'a number', payload: Buffer.from(`{"card":${card.replaceAll(' ', '')},"rest":"${awsKey} ${email}"}`) },
  { name: 'a key of an object', payload: Buffer.from(JSON.stringify({ [email]: 1, [awsKey]: 2, [card]: 3 })) },
  { name: 'JSON within JSON', payload: Buffer.from(JSON.stringify({ body: JSON.stringify({ note: all }) })) },
  { name: 'escaped JSON', payload: Buffer.from(`{"note":"${escaped(all)}"}`) },
  { name: 'headers', payload: Buffer.from('nothing'), headers: { Note: all, 'X-Key': awsKey } },
  {
    name: 'a gzip body',
    payload: gzipSync(JSON.stringify({ note: all })),
    headers: { 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' },
  },
]

/** A way in: publishes on `events.<name of the way>`, cut in two reads where the protocol allows it. */
export interface Way {
  readonly name: string
  readonly takesHeaders: boolean
  /** Whether any bytes can be sent, compressed ones too. */
  readonly takesBytes: boolean
  send(message: Planted): Promise<void>
}

/** Writes the first half, waits until it has been read on its own, writes the rest. */
async function inTwo(socket: net.Socket, bytes: Buffer): Promise<void> {
  const middle = bytes.length >> 1
  socket.setNoDelay(true)
  await new Promise<void>((resolve) => socket.write(bytes.subarray(0, middle), () => resolve()))
  // Sockets have no way to tell that a read has ended at the other side: let the loop of this process turn a few times.
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  await new Promise<void>((resolve) => socket.write(bytes.subarray(middle), () => resolve()))
}

async function open(t: TestContext, to: net.NetConnectOpts): Promise<net.Socket> {
  const socket = net.connect(to)
  socket.on('error', () => {})
  socket.on('data', () => {})
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** The official client, and the wire by hand. */
export function natsWay(connection: NatsConnection): Way {
  return {
    name: 'nats',
    takesHeaders: true,
    takesBytes: true,
    async send({ payload, headers }) {
      const block = headers === undefined ? undefined : makeHeaders()
      for (const [name, value] of Object.entries(headers ?? {})) block?.set(name, value)
      connection.publish('events.nats', payload, block === undefined ? {} : { headers: block })
      await connection.flush()
    },
  }
}

export async function natsWireWay(t: TestContext, port: number): Promise<Way> {
  const socket = await open(t, { port, host: '127.0.0.1' })
  return {
    name: 'nats-wire',
    takesHeaders: false,
    takesBytes: true,
    send: ({ payload }) =>
      inTwo(
        socket,
        Buffer.concat([Buffer.from(`PUB events.nats-wire ${payload.length}\r\n`), payload, Buffer.from('\r\n')]),
      ),
  }
}

export async function linesWay(t: TestContext, name: string, to: net.NetConnectOpts): Promise<Way> {
  const socket = await open(t, to)
  return {
    name,
    takesHeaders: true,
    takesBytes: true,
    send({ payload, headers }) {
      const line = {
        op: 'pub',
        subject: `events.${name}`,
        data: payload.toString('base64'),
        encoding: 'base64',
        headers,
      }
      return inTwo(socket, Buffer.from(`${JSON.stringify(line)}\n`))
    },
  }
}

/** One framing of the raw gateway, whose listener publishes on `events.raw-<framing>`. */
export async function rawWay(t: TestContext, framing: string, port: number): Promise<Way> {
  const to = { port, host: '127.0.0.1' }
  const kept = framing === 'whole' ? undefined : await open(t, to)
  return {
    name: `raw-${framing}`,
    takesHeaders: false,
    takesBytes: framing === 'length' || framing === 'whole',
    async send({ payload }) {
      if (kept === undefined) {
        const socket = await open(t, to)
        await inTwo(socket, payload)
        socket.end()
        return
      }
      const prefix = Buffer.alloc(4)
      prefix.writeUInt32BE(payload.length)
      const end = Buffer.from([framing === 'nul' ? 0 : 10])
      await inTwo(kept, Buffer.concat(framing === 'length' ? [prefix, payload] : [payload, end]))
    },
  }
}

/** Text in UTF-16, compressed frame by frame. */
export async function wideWay(t: TestContext, port: number): Promise<Way> {
  const socket = await open(t, { port, host: '127.0.0.1' })
  return {
    name: 'raw-wide',
    takesHeaders: false,
    takesBytes: false,
    send({ payload }) {
      const body = gzipSync(Buffer.from(payload.toString('utf8'), 'utf16le'))
      const prefix = Buffer.alloc(4)
      prefix.writeUInt32BE(body.length)
      return inTwo(socket, Buffer.concat([prefix, body]))
    },
  }
}

export function embeddedWay(hub: Hub): Way {
  return {
    name: 'embedded',
    takesHeaders: true,
    takesBytes: true,
    async send({ payload, headers = {} }) {
      hub.publish('events.embedded', payload, { headers })
    },
  }
}

/** A protocol of one's own: frames of a length in two bytes, both ways. A frame that begins with ! makes `decode` throw, quoting it. */
export const customGateway: GatewayFactory = defineGateway({
  scheme: 'own',
  limits: { maxFrameBytes: 65_000 },
  open: () => ({ state: undefined, subscribe: ['events.>'] }),
  decode(bytes) {
    const view = Buffer.from(bytes)
    if (view.length < 2 || view.length < 2 + view.readUInt16BE(0)) return undefined
    const payload = view.subarray(2, 2 + view.readUInt16BE(0))
    if (payload[0] === 0x21) throw new Error(`What is this: ${payload.toString()}`)
    return { bytesRead: 2 + payload.length, messages: [{ subject: 'events.own', payload }] }
  },
  encode({ payload }) {
    const frame = Buffer.alloc(2 + payload.length)
    frame.writeUInt16BE(payload.length)
    frame.set(payload, 2)
    return frame
  },
})

export async function customWay(t: TestContext, port: number): Promise<Way> {
  const socket = await open(t, { port, host: '127.0.0.1' })
  return {
    name: 'own',
    takesHeaders: false,
    takesBytes: true,
    send({ payload }) {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(payload.length)
      return inTwo(socket, Buffer.concat([length, payload]))
    },
  }
}
