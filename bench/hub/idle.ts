import { RawConnection } from './connection.ts'
import { pause } from './deadline.ts'
import type { RunningServer } from './server.ts'

const atATime = 50
const warmUpConnections = 200

/**
 * Resident memory that one idle connection costs a server, in bytes: each has introduced itself and been answered.
 * A few hundred connections come and go first, so that what is counted is connections and not code that is loaded once.
 */
export async function idleBytesPerConnection(server: RunningServer, connections: number): Promise<number> {
  for (const connection of await open(server, warmUpConnections)) connection.close()
  const before = await settled(server)
  const opened = await open(server, connections)
  const after = await settled(server)
  for (const connection of opened) connection.close()
  return (after - before) / connections
}

async function open(server: RunningServer, count: number): Promise<RawConnection[]> {
  const opened: RawConnection[] = []
  while (opened.length < count) {
    const next = Math.min(atATime, count - opened.length)
    opened.push(...(await Promise.all(Array.from({ length: next }, () => RawConnection.ready(server.port)))))
  }
  return opened
}

/** Resident bytes once they have stayed within 1 % for two seconds; what they are after 15 s otherwise. */
async function settled(server: RunningServer): Promise<number> {
  let last = server.residentBytes()
  for (let tries = 0, still = 0; tries < 30 && still < 4; tries += 1) {
    await pause(500)
    const now = server.residentBytes()
    still = Math.abs(now - last) < last / 100 ? still + 1 : 0
    last = now
  }
  return last
}
