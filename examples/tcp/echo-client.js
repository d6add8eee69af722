// Says hello, prints what comes back, hangs up when that ends in 'exit'.
//   node examples/tcp/echo-client.js [port]
import net from 'node:net'

const socket = net.connect(Number(process.argv[2] ?? 1337), '127.0.0.1', () => {
  socket.write('Hello World!')
})

socket.on('data', (data) => {
  process.stdout.write(data)
  // Right only as long as 'exit' arrives in one read: see split-exit.js.
  if (data.toString().endsWith('exit')) socket.destroy()
})

socket.on('close', () => console.log('\nconnection closed'))
