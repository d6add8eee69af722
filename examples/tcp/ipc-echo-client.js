// The echo client over a Unix socket (a named pipe on Windows).
//   node examples/tcp/ipc-echo-client.js [path]
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const pipe = process.platform === 'win32' ? '\\\\.\\pipe\\echo' : join(tmpdir(), 'echo.sock')
const socket = net.connect(process.argv[2] ?? pipe, () => {
  socket.write('Hello World!')
})

socket.on('data', (data) => {
  process.stdout.write(data)
  if (data.toString().endsWith('exit')) socket.destroy()
})

socket.on('close', () => console.log('\nconnection closed'))
