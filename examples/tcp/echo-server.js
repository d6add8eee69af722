// Says back what it hears, then ' exit'.
//   node examples/tcp/echo-server.js [port]
import net from 'node:net'

const server = net.createServer((socket) => {
  const who = `${socket.remoteAddress}:${socket.remotePort}`
  socket.on('data', (data) => {
    console.log(`${who} says: ${data}`)
    socket.write(data)
    socket.write(' exit')
  })
  socket.on('error', (error) => console.log(`${who} is gone: ${error.message}`))
})

server.listen(Number(process.argv[2] ?? 1337), '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`)
})
