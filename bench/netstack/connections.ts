import type { TcpConnection } from '../../packages/netstack/src/transport/tcp/mod.ts'
import { Pair } from './pair.ts'

/** Connections a second, one after the other: handshake, 100 bytes each way, close from both sides. */
export function shortConnections(count: number): number {
  const pair = new Pair(1500)
  const request = new Uint8Array(100)
  const answer = (connection: TcpConnection): void => {
    if (connection.readableBytes < request.length) return
    connection.consume(connection.readableBytes, pair.now)
    connection.send(request, pair.now)
    connection.shutdown(pair.now)
  }
  const listener = pair.server.tcp.listen(
    {
      port: 80,
      onConnection: () => {
        const connection = listener.accept()!
        connection.observer = { onReadable: answer }
        answer(connection)
      },
    },
    pair.now,
  )
  let closed = 0
  const observer = {
    onConnected: (connection: TcpConnection) => void connection.send(request, pair.now),
    onReadable: (connection: TcpConnection) => connection.consume(connection.readableBytes, pair.now),
    onEnd: (connection: TcpConnection) => connection.shutdown(pair.now),
    onClosed: () => {
      closed++
    },
  }
  const begun = performance.now()
  for (let index = 0; index < count; index++) {
    pair.connect(4, 80, observer)
    pair.runUntil(() => closed > index)
  }
  return count / ((performance.now() - begun) / 1000)
}

export interface ManyConnections {
  /** Memory of one idle connection, both ends together. */
  readonly bytesEach: number
  /** One request of 100 bytes and its answer, each connection in its turn. */
  readonly roundTripNanoseconds: number
}

/** Opens `count` connections at once and lets `roundTrips` requests go over them in turn. */
export function manyConnections(count: number, roundTrips: number): ManyConnections {
  const pair = new Pair(1500)
  const request = new Uint8Array(100)
  const before = memory()
  const listener = pair.server.tcp.listen(
    {
      port: 80,
      backlog: 4096,
      onConnection: () => {
        const connection = listener.accept()!
        const onReadable = (): void => {
          connection.consume(connection.readableBytes, pair.now)
          connection.send(request, pair.now)
        }
        connection.observer = { onReadable }
      },
    },
    pair.now,
  )
  const connections: TcpConnection[] = []
  let answers = 0
  const onReadable = (connection: TcpConnection): void => {
    connection.consume(connection.readableBytes, pair.now)
    answers++
  }
  let open = 0
  const onConnected = (): void => {
    open++
  }
  for (let index = 0; index < count; index++) {
    connections.push(pair.connect(4, 80, { onReadable, onConnected }))
    if (index % 100 === 99) pair.runUntil(() => open === connections.length)
  }
  pair.runUntil(() => open === count)
  const bytesEach = (memory() - before) / count
  const begun = performance.now()
  for (let index = 0; index < roundTrips; index++) {
    connections[index % count].send(request, pair.now)
    pair.runUntil(() => answers > index)
  }
  return { bytesEach, roundTripNanoseconds: ((performance.now() - begun) * 1e6) / roundTrips }
}

function memory(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
