// One load through the relay, sent by our stack and by the kernel in turn: `relay-run.ts <load as JSON> <rounds> [folder]` prints the runs as JSON.
// With a folder it leaves captures of either end there, for `npx netstack ladder`: `<sender>-<round>/sender.pcapng` and `receiver.pcapng`.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Runs } from './relay-rows.ts'
import { type Load, type Passage, passLoad, SENDERS } from './relay-transfer.ts'

const [description, rounds, folder] = process.argv.slice(2) as [string, string, string | undefined]
const load = JSON.parse(description) as Load
const runs: { [sender in keyof Runs]: Passage[] } = { netstack: [], kernel: [] }
for (let round = 0; round <= Number(rounds); round++) {
  for (const sender of SENDERS) {
    const captures = folder === undefined || round === 0 ? undefined : join(folder, `${sender}-${round}`)
    if (captures !== undefined) mkdirSync(captures, { recursive: true })
    const passage = await passLoad(load, sender, round, captures)
    if (round > 0) runs[sender].push(passage) // The first round warms up.
  }
}
console.log(JSON.stringify(runs))
