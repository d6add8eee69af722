// The echo client with promises: the same conversation, read from top to bottom.
//   node examples/tcp/echo-client-promise.js [port]
import { once } from 'node:events'
import net from 'node:net'

const socket = net.connect(Number(process.argv[2] ?? 1337), '127.0.0.1')
await once(socket, 'connect')
socket.write('Hello World!')

for await (const data of socket) {
  process.stdout.write(data)
  if (data.toString().endsWith('exit')) break // leaving the loop destroys the socket
}
console.log('\nconnection closed')
