// The echo server on a Unix socket (a named pipe on Windows): no port, no network.
//   node examples/tcp/ipc-echo-server.js [path]
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const pipe = process.platform === 'win32' ? '\\\\.\\pipe\\echo' : join(tmpdir(), 'echo.sock')
const path = process.argv[2] ?? pipe

const server = net.createServer((socket) => {
  socket.on('data', (data) => {
    console.log(`somebody on this machine says: ${data}`)
    socket.write(data)
    socket.write(' exit')
  })
  socket.on('error', () => {})
})

server.listen(path, () => console.log(`listening on ${path}`))
// Closing removes the socket's file; a server that is killed leaves it behind.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => process.exit()))
