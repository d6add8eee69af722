// The echo server when the hub is in its place: clients connect to the hub's raw port, this program to its lines port.
//   npx wirehub serve --listen lines://127.0.0.1:4224 --listen 'raw://127.0.0.1:1337?framing=chunk'
//   node examples/tcp/echo-service.js [lines port]
import net from 'node:net'
import { createInterface } from 'node:readline'

const hub = net.connect(Number(process.argv[2] ?? 4224), '127.0.0.1')
const send = (operation) => hub.write(`${JSON.stringify(operation)}\n`)

send({ op: 'sub', subject: 'tcp.in' })

for await (const line of createInterface({ input: hub })) {
  const { op, data, reply, message } = JSON.parse(line)
  if (op === 'ok') console.log('serving')
  else if (op === 'err') console.error(message)
  else {
    console.log(`${reply} says: ${data}`)
    // One reply is one write: ' exit' cannot be torn off what it belongs to.
    send({ op: 'pub', subject: reply, data: `${data} exit` })
  }
}
