/** A NATS connection of bare sockets: load is encoded beforehand and answers are counted, so that the server is what is measured. */
import net from 'node:net'
import { HubError } from '@wirehub/hub'

const PONG = 'PONG\r\n'

/** Where to, and as whom. */
export interface RawTarget {
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  readonly password: string | undefined
  readonly token: string | undefined
  readonly timeoutMs: number
}

/** Takes a server's URL apart. @throws HubError WIREHUB_ERR_USAGE */
export function rawTarget(
  server: string,
  credentials: { user?: string; pass?: string; token?: string },
  timeoutMs: number,
): RawTarget {
  const url = URL.parse(/^[a-z]+:\/\//i.test(server) ? server : `nats://${server}`)
  if (url === null) {
    throw new HubError('WIREHUB_ERR_USAGE', 'This is no address of a NATS server.', {
      place: server,
      cure: 'Write it like nats://127.0.0.1:4222.',
    })
  }
  if (url.protocol !== 'nats:') {
    throw new HubError('WIREHUB_ERR_USAGE', 'The benchmark measures plain TCP only.', {
      place: server,
      cure: 'Give a nats:// address.',
    })
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: Number(url.port || 4222),
    user: credentials.user ?? (url.username || undefined),
    password: credentials.pass ?? (url.password || undefined),
    token: credentials.token,
    timeoutMs,
  }
}

/** A connected socket; what comes in goes to `onData`. */
export class RawConnection {
  readonly socket: net.Socket
  onData: (chunk: Buffer) => void = () => {}
  onLost: (error: Error) => void = () => {}

  private constructor(socket: net.Socket) {
    this.socket = socket
  }

  /** Connects and waits until the server has answered a PING. @throws HubError WIREHUB_ERR_CONNECT */
  static async open(target: RawTarget): Promise<RawConnection> {
    const socket = net.connect({ host: target.host, port: target.port, noDelay: true })
    const made = new RawConnection(socket)
    const place = `${target.host}:${target.port}`
    const options = { verbose: false, pedantic: false, lang: 'wirehub-bench', headers: true, no_responders: true }
    const credentials = { user: target.user, pass: target.password, auth_token: target.token }
    let text = ''
    await new Promise<void>((resolve, reject) => {
      const fail = (sentence: string): void => {
        clearTimeout(timer)
        socket.destroy()
        const code = /authori[sz]ation/i.test(sentence) ? 'WIREHUB_ERR_NOT_AUTHENTICATED' : 'WIREHUB_ERR_CONNECT'
        reject(new HubError(code, sentence, { place, cure: 'Is a NATS server running there?' }))
      }
      const timer = setTimeout(() => fail('The server did not answer in time.'), target.timeoutMs)
      socket.on('error', (error) => fail(error.message))
      socket.on('close', () => fail(/-ERR '(.*)'/.exec(text)?.[1] ?? 'The server closed the connection.'))
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        if (text.startsWith('INFO ') && !text.includes('PONG') && socket.bytesWritten === 0) {
          socket.write(`CONNECT ${JSON.stringify({ ...options, ...credentials })}\r\nPING\r\n`)
        }
        if (!text.includes('PONG\r\n')) return
        clearTimeout(timer)
        socket.removeAllListeners()
        resolve()
      })
    })
    socket.on('data', (chunk: Buffer) => made.onData(chunk))
    socket.on('error', (error) => made.onLost(error))
    socket.on('close', () => made.onLost(new Error('the server closed the connection')))
    return made
  }

  /** Writes, and waits while the socket is full. */
  async write(bytes: Buffer | string): Promise<void> {
    if (this.socket.write(bytes)) return
    await new Promise<void>((resolve) => this.socket.once('drain', resolve))
  }

  /** Waits until the server has taken everything written so far. */
  async flush(): Promise<void> {
    const before = this.onData
    await new Promise<void>((resolve, reject) => {
      this.onLost = reject
      // It may come cut in two.
      let tail = ''
      this.onData = (chunk) => {
        tail += chunk.toString('latin1', Math.max(0, chunk.length - PONG.length))
        if (tail.includes(PONG) || chunk.includes(PONG)) resolve()
        tail = tail.slice(-PONG.length)
      }
      this.socket.write('PING\r\n')
    })
    this.onData = before
  }

  close(): void {
    this.onLost = () => {}
    this.socket.destroy()
  }
}
