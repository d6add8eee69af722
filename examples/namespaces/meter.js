// A server written by hand: whoever connects gets a reading for each line that it sends. It knows nothing of the hub.
import net from 'node:net'

const server = net.createServer((socket) => {
  console.log(`${socket.remoteAddress} connected`)
  socket.setEncoding('utf8').on('data', (text) => {
    for (const line of text.trimEnd().split('\n')) socket.write(`${line} 21.5\n`)
  })
  socket.on('error', () => {})
})
server.listen(9000, () => console.log('listening on port 9000'))
