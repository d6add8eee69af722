// The other end of a bulk transfer: Node's net on the kernel's TCP. `source <host> <bytes>` writes to whoever connects and says its
// port; `sink <host> <port> <bytes> data|onread [loaded]` reads and says how many milliseconds passed between the first byte and the last.
// `loaded`: the modules of the stack are in memory too, so that the garbage collector has as much to look at as where the stack is used.
import { connect, createServer } from 'node:net'

const [mode, host, ...rest] = process.argv.slice(2)
const CHUNK_BYTES = 262_144

if (mode === 'source') {
  const bytes = Number(rest[0])
  const chunk = Buffer.alloc(CHUNK_BYTES, 7)
  const server = createServer((socket) => {
    let left = bytes
    const push = (): void => {
      while (left > 0) {
        const piece = left < chunk.length ? chunk.subarray(0, left) : chunk
        left -= piece.length
        if (!socket.write(piece)) {
          socket.once('drain', push)
          return
        }
      }
      socket.end()
    }
    socket.on('error', () => {})
    socket.resume()
    push()
    server.close()
  })
  server.listen(0, host, () => console.log((server.address() as { port: number }).port))
} else {
  const [port, bytes] = rest.map(Number)
  if (rest[3] === 'loaded') {
    const { RealTimeHost } = await import('../../packages/netstack/src/api/node/real-time-host.ts')
    const { createNet } = await import('../../packages/netstack/src/api/node/network.ts')
    await import('../../packages/netstack/src/link/tun/tun-link.ts')
    createNet(new RealTimeHost())
  }
  let begun = 0
  let read = 0
  const count = (length: number): void => {
    if (read === 0) begun = performance.now()
    read += length
    if (read < bytes) return
    console.log(performance.now() - begun)
    socket.destroy()
  }
  const onread = {
    buffer: Buffer.alloc(CHUNK_BYTES),
    callback: (length: number): boolean => {
      count(length)
      return true
    },
  }
  const socket = connect(rest[2] === 'onread' ? { host, port, onread } : { host, port })
  if (rest[2] !== 'onread') socket.on('data', (chunk: Buffer) => count(chunk.length))
}
