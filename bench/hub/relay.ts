// A server that understands nothing: bytes of a connection that publishes are written, as they came, to every connection that has
// subscribed. The rate that a benchmark reaches with it is the ceiling of load generator and kernel.
import { createServer, type Socket } from 'node:net'

const subscribers = new Set<Socket>()

const server = createServer({ noDelay: true, highWaterMark: 1024 * 1024 }, (socket) => {
  let publishes = false
  socket.on('error', () => {})
  socket.on('close', () => subscribers.delete(socket))
  socket.on('data', (chunk) => {
    if (publishes) {
      forward(socket, chunk)
      return
    }
    const text = chunk.toString('latin1')
    if (text.startsWith('PUB') && !subscribers.has(socket)) {
      publishes = true
      forward(socket, chunk)
      return
    }
    if (text.includes('SUB ')) subscribers.add(socket)
    if (text.endsWith('PING\r\n')) socket.write('PONG\r\n')
  })
  socket.write('INFO {"server_id":"relay","max_payload":1048576}\r\n')
})

/** Writes to all, and reads on when the slowest has taken it. */
function forward(from: Socket, chunk: Buffer): void {
  for (const to of subscribers) {
    if (to.write(chunk)) continue
    if (to.writableLength < 8 * 1024 * 1024 || from.isPaused()) continue
    from.pause()
    to.once('drain', () => from.resume())
  }
}

server.listen(Number(process.argv[2]), '127.0.0.1')
