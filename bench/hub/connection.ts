import { connect, type Socket } from 'node:net'
import { within } from './deadline.ts'

const readBuffer = Buffer.allocUnsafe(256 * 1024) // shared: a read is looked at before the next one happens
const handshakeTimeoutMs = 20_000

/** Called for each read; the bytes are valid during the call. */
export type OnBytes = (chunk: Buffer, length: number) => void

/**
 * A bare NATS connection: what is sent was encoded beforehand, what comes back is handed on as it was read, into one buffer that is
 * used again, so that the load generator costs as little as it can.
 */
export class RawConnection {
  readonly socket: Socket
  /** Settles with the reason when the server ends the connection or sends -ERR. */
  readonly failed: Promise<never>
  onBytes: OnBytes
  #fail: (error: Error) => void
  #closing = false

  private constructor(port: number) {
    this.onBytes = () => {}
    const { promise, reject } = Promise.withResolvers<never>()
    this.failed = promise
    this.#fail = reject
    promise.catch(() => {}) // looked at by whoever waits; nobody does while a connection is idle
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      writableHighWaterMark: 1024 * 1024,
      onread: {
        buffer: readBuffer,
        callback: (length: number, buffer: Uint8Array) => {
          this.onBytes(buffer as Buffer, length)
          return true
        },
      },
    } as Parameters<typeof connect>[0] & object)
    this.socket.on('error', (error) => this.fail(error))
    this.socket.on('close', () => this.fail(new Error('the server closed the connection')))
  }

  /** Connects and waits for the server's INFO. */
  static async open(port: number): Promise<RawConnection> {
    const connection = new RawConnection(port)
    try {
      await connection.text(/^INFO .*\r\n/, () => {})
    } catch (error) {
      connection.close()
      throw error
    }
    return connection
  }

  /** Connects, introduces itself, sends `setup`, and waits until the server has taken all of it. */
  static async ready(port: number, setup: Buffer | string = ''): Promise<RawConnection> {
    const connection = await RawConnection.open(port)
    const hello = { verbose: false, pedantic: false, lang: 'raw', version: '1', protocol: 1, headers: true, echo: true }
    await connection.text(/PONG\r\n/, () => {
      connection.socket.write(`CONNECT ${JSON.stringify(hello)}\r\n`)
      connection.socket.write(setup)
      connection.socket.write('PING\r\n')
    })
    return connection
  }

  /** Reads text until a pattern has come. Used before and after a measurement, never during one. */
  async text(pattern: RegExp, begin: () => void): Promise<void> {
    let seen = ''
    const { promise, resolve } = Promise.withResolvers<void>()
    this.onBytes = (chunk, length) => {
      seen = (seen + chunk.toString('latin1', 0, length)).slice(-4096)
      if (/^-ERR/m.test(seen))
        this.fail(new Error(`the server said: ${seen.slice(seen.indexOf('-ERR')).trim().split('\r\n')[0]}`))
      else if (pattern.test(seen)) resolve()
    }
    begin()
    await within(
      Promise.race([promise, this.failed]),
      handshakeTimeoutMs,
      `an answer of the server (${pattern.source})`,
    )
    this.onBytes = () => {}
  }

  fail(error: Error): void {
    if (!this.#closing) this.#fail(error)
  }

  close(): void {
    this.#closing = true
    this.socket.destroy()
  }
}
