// What one connection says, all others hear.
//   node examples/tcp/broadcast-server.js [port]
import net from 'node:net'

const connectedSockets = new Set()

function broadcast(data, except) {
  for (const socket of connectedSockets) if (socket !== except) socket.write(data)
}

const server = net.createServer((socket) => {
  connectedSockets.add(socket)
  console.log(`connected sockets: ${connectedSockets.size}`)
  socket.on('data', (data) => broadcast(data, socket))
  socket.on('error', () => {})
  socket.on('close', () => {
    connectedSockets.delete(socket)
    console.log(`connected sockets: ${connectedSockets.size}`)
  })
})

server.listen(Number(process.argv[2] ?? 1338), '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`)
})
