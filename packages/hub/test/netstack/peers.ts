/** Programs that know a protocol of the hub and nothing else: each keeps what it was sent, in the order in which it came. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { SimHost } from '@wirehub/netstack/sim'

/** A connected program. */
export interface Peer {
  readonly name: string
  readonly socket: Socket
  /** The payloads of the events that came. */
  readonly received: string[]
  publish(text: string): void
  /** Resolves when the hub has answered what was said before; `undefined` for protocols without an answer. */
  readonly flush?: () => Promise<void>
}

/** Cuts messages off the front of what has been read. */
type Cut = (bytes: Buffer) => { rest: Buffer; text: string } | undefined

const MESSAGE = 'ev'

/** Hands over each message that has come whole. */
export function collect(socket: Socket, cut: Cut, take: (text: string) => void): void {
  let kept: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk])
    for (let found = cut(kept); found !== undefined; found = cut(kept)) {
      kept = found.rest
      take(found.text)
    }
  })
}

const cutLine: Cut = (bytes) => {
  const end = bytes.indexOf(10)
  return end < 0 ? undefined : { text: bytes.toString('utf8', 0, end), rest: bytes.subarray(end + 1) }
}

const cutLength: Cut = (bytes) => {
  if (bytes.length < 2) return undefined
  const end = 2 + bytes.readUInt16BE(0)
  return bytes.length < end ? undefined : { text: bytes.toString('utf8', 2, end), rest: bytes.subarray(end) }
}

/** A NATS line; what MSG announces comes with it. */
const cutNats: Cut = (bytes) => {
  const line = cutLine(bytes)
  const size = line && /^MSG .* (\d+)\r$/.exec(line.text)
  if (!line || !size) return line
  const end = Number(size[1])
  if (line.rest.length < end + 2) return undefined
  return { text: `${line.text}\n${line.rest.toString('utf8', 0, end)}`, rest: line.rest.subarray(end + 2) }
}

/**
 * Three ARP requests in a row may be lost, and the host seem not to be there: it is tried again when the stack has forgotten that.
 * @throws what the socket fails with
 */
export async function dial(host: SimHost, port: number, attempts = 3): Promise<Socket> {
  const socket = host.net.connect({ host: 'hub', port }) as unknown as Socket
  try {
    await once(socket, 'connect')
  } catch (error) {
    if ((error as { code?: string }).code !== 'EHOSTUNREACH' || attempts === 1) throw error
    await host.world.sleep(3500)
    return dial(host, port, attempts - 1)
  }
  socket.on('error', () => {})
  return socket
}

/** Answers that are waited for, in their order. */
class Answers {
  readonly #waiting: (() => void)[] = []

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  came(): void {
    this.#waiting.shift()?.()
  }
}

/** Speaks NATS and listens to `subject`. */
export async function natsPeer(host: SimHost, port = 4222, subject = MESSAGE): Promise<Peer> {
  const socket = await dial(host, port)
  const received: string[] = []
  const pongs = new Answers()
  collect(socket, cutNats, (text) => {
    if (text === 'PONG\r') pongs.came()
    else if (text === 'PING\r') socket.write('PONG\r\n')
    else if (text.startsWith('MSG ')) received.push(text.slice(text.indexOf('\n') + 1))
  })
  const flush = (): Promise<void> => {
    const answer = pongs.next()
    socket.write('PING\r\n')
    return answer
  }
  socket.write(`CONNECT {"verbose":false}\r\nSUB ${subject} 1\r\n`)
  await flush()
  const publish = (text: string): void => void socket.write(`PUB ${subject} ${text.length}\r\n${text}\r\n`)
  return { name: host.name, socket, received, publish, flush }
}

/** Speaks lines and listens to `subject`. */
export async function linesPeer(host: SimHost, port = 4224, subject = MESSAGE): Promise<Peer> {
  const socket = await dial(host, port)
  const received: string[] = []
  const answers = new Answers()
  collect(socket, cutLine, (text) => {
    const { op, data } = JSON.parse(text)
    if (op === 'msg') received.push(data)
    else answers.came()
  })
  const say = (operation: object): void => void socket.write(`${JSON.stringify(operation)}\n`)
  const flush = (): Promise<void> => {
    const answer = answers.next()
    say({ op: 'ping' })
    return answer
  }
  const subscribed = answers.next()
  say({ op: 'sub', subject })
  await subscribed
  return { name: host.name, socket, received, publish: (data) => say({ op: 'pub', subject, data }), flush }
}

/** Writes lines, and is sent lines. */
export async function newlinePeer(host: SimHost, port: number): Promise<Peer> {
  const socket = await dial(host, port)
  const received: string[] = []
  collect(socket, cutLine, (text) => received.push(text))
  return { name: host.name, socket, received, publish: (text) => void socket.write(`${text}\n`) }
}

/** Writes frames that begin with their length, two bytes. */
export async function lengthPeer(host: SimHost, port: number): Promise<Peer> {
  const socket = await dial(host, port)
  const received: string[] = []
  collect(socket, cutLength, (text) => received.push(text))
  const publish = (text: string): void => {
    const frame = Buffer.alloc(2 + text.length)
    frame.writeUInt16BE(text.length)
    frame.write(text, 2)
    socket.write(frame)
  }
  return { name: host.name, socket, received, publish }
}

/** A server written by hand: it waits to be connected to, and speaks lines with whoever does. */
export function lineServer(host: SimHost, port: number): Omit<Peer, 'socket'> & { connections: number } {
  const received: string[] = []
  const connected = new Set<Socket>()
  const server = host.net.createServer((given) => {
    const socket = given as unknown as Socket
    connected.add(socket)
    peer.connections++
    socket.on('error', () => {})
    socket.on('close', () => connected.delete(socket))
    collect(socket, cutLine, (text) => received.push(text))
  })
  server.listen(port)
  const publish = (text: string): void => {
    for (const socket of connected) socket.write(`${text}\n`)
  }
  const peer = { name: host.name, received, publish, connections: 0 }
  return peer
}

/** A page of the monitoring, read by a client that knows only TCP. */
export async function page(host: SimHost, path: string): Promise<{ head: string; body: string }> {
  const socket = await dial(host, 8222)
  socket.write(`GET ${path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += chunk
  const [head, body] = text.split('\r\n\r\n')
  return { head, body }
}
