// A server that understands nothing: bytes of a connection that publishes are written, as they came, to every connection that has
// subscribed. The rate that a benchmark reaches with it is the most that a server on Node could: it reads into one buffer that is used
// again (`onread`, which Node offers for connections that it makes and not for those that it accepts, so that the accepted handle is
// put into a socket of our own), and copies each read once.
import { createServer, Socket } from 'node:net'

const readBuffer = Buffer.allocUnsafeSlow(256 * 1024)
const pendingBytes = 8 * 1024 * 1024
const subscribers = new Set<Socket>()

const server = createServer({ noDelay: true, pauseOnConnect: true }, (accepted) => {
  const holder = accepted as unknown as { _handle: unknown }
  const handle = holder._handle
  holder._handle = null
  accepted.destroy()
  serve(handle)
})

function serve(handle: unknown): void {
  let publishes = false
  let waiting = false
  const forward = (bytes: Buffer) => {
    for (const to of subscribers) {
      to.write(bytes)
      if (waiting || to.writableLength < pendingBytes) continue
      waiting = true
      to.once('drain', () => {
        waiting = false
        socket.resume()
      })
    }
    return !waiting
  }
  const callback = (length: number, buffer: Uint8Array) => {
    const bytes = Buffer.from(buffer.subarray(0, length))
    if (publishes) return forward(bytes)
    const text = bytes.toString('latin1')
    if (text.startsWith('PUB') && !subscribers.has(socket)) {
      publishes = true
      return forward(bytes)
    }
    if (text.includes('SUB ')) subscribers.add(socket)
    if (text.endsWith('PING\r\n')) socket.write('PONG\r\n')
    return true
  }
  const socket: Socket = new Socket({ handle, onread: { buffer: readBuffer, callback } } as object)
  socket.on('error', () => {})
  socket.on('close', () => subscribers.delete(socket))
  socket.write('INFO {"server_id":"relay","max_payload":1048576}\r\n')
  socket.resume()
}

server.listen(Number(process.argv[2]), '127.0.0.1')
