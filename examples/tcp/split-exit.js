// Why the echo client may hang, and what mends it. TCP carries bytes, not messages: it may cut them anywhere.
//   node examples/tcp/split-exit.js
import net from 'node:net'

const PATIENCE_MS = 300

/** Runs a server that sends two pieces, the second when the first has been read, and a client that reads them. */
function conversation(pieces, client) {
  return new Promise((resolve) => {
    let sendTheRest
    const server = net.createServer((socket) => {
      socket.setNoDelay()
      sendTheRest = () => socket.write(pieces[1])
      socket.write(pieces[0])
    })
    server.listen(0, '127.0.0.1', () => {
      const socket = net.connect(server.address().port, '127.0.0.1')
      socket.once('data', () => sendTheRest())
      socket.on('close', () => server.close(resolve))
      client(socket)
    })
  })
}

console.log('Looking at each read by itself:')
await conversation(['Hello World! ex', 'it'], (socket) => {
  socket.on('data', (data) => {
    console.log(`  read ${JSON.stringify(data.toString())}`)
    if (data.toString().endsWith('exit')) socket.destroy()
  })
  setTimeout(() => {
    console.log('  no read ended in "exit": the client hangs')
    socket.destroy()
  }, PATIENCE_MS)
})

console.log('With a frame for each message (here: a line):')
await conversation(['Hello World!\nex', 'it\n'], (socket) => {
  let rest = ''
  socket.setEncoding('utf8') // keeps a character together that is cut in two
  socket.on('data', (text) => {
    console.log(`  read ${JSON.stringify(text)}`)
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      console.log(`  message ${JSON.stringify(line)}`)
      if (line === 'exit') {
        console.log('  the client hangs up')
        socket.destroy()
      }
    }
  })
})
