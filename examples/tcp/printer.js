// A connection that prints what it is sent. What is typed here is sent.
//   node examples/tcp/printer.js [port]
import net from 'node:net'

const socket = net.connect(Number(process.argv[2] ?? 1338), '127.0.0.1', () => console.error('connected'))
socket.pipe(process.stdout)
process.stdin.pipe(socket)
socket.on('error', (error) => console.error(error.message))
