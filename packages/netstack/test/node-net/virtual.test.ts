import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import nodeDgram from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import nodeNet from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { argumentBehaviours } from './arguments.ts'
import { datagramBehaviours } from './datagrams.ts'
import { handleBehaviours } from './handles.ts'
import { optionBehaviours } from './options.ts'
import { pipeBehaviours } from './pipes.ts'
import { serverBehaviours } from './servers.ts'
import { socketBehaviours } from './sockets.ts'
import { Trial } from './trial.ts'

// The behaviours of differential.test.ts as a program of `netstack run`: here `net` is whatever the program's imports give it.

const output = process.env['NETSTACK_BEHAVIOURS']
const self = fileURLToPath(import.meta.url)
const cli = fileURLToPath(new URL('../../bin/netstack.js', import.meta.url))

type Notes = Record<string, Record<string, string[]>>

async function runAll(): Promise<Notes> {
  const stream = {
    ...argumentBehaviours,
    ...optionBehaviours,
    ...handleBehaviours,
    ...pipeBehaviours,
    ...serverBehaviours,
    ...socketBehaviours,
  }
  const notes: Notes = {}
  for (const [name, behaviour] of [...Object.entries(stream), ...Object.entries(datagramBehaviours)]) {
    if (process.env['NETSTACK_LOSSY'] !== undefined && (UNRELIABLE.has(name) || name in datagramBehaviours)) continue
    const trial = new Trial(nodeNet, nodeDgram)
    await behaviour(trial)
    notes[name] = await trial.end()
  }
  return notes
}

/** What may rightly go another way when packets are late or lost: it waits for 20 ms, or an RST overtakes the handshake. */
const UNRELIABLE = new Set([
  'a reset before the connection stands',
  'a peer that is gone',
  'data unread when the socket is destroyed resets the peer',
  'pauseOnConnect',
  'pause and resume',
  'pause while connecting',
])

async function runProgram(options: readonly string[], env: Record<string, string> = {}): Promise<Notes> {
  const folder = mkdtempSync(join(tmpdir(), 'netstack-'))
  try {
    const file = join(folder, 'notes.json')
    await promisify(execFile)(process.execPath, [cli, 'run', self, '--virtual', ...options], {
      env: { ...process.env, NETSTACK_BEHAVIOURS: file, ...env },
    })
    return JSON.parse(readFileSync(file, 'utf8')) as Notes
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (output !== undefined) {
  // Some behaviours wait for what keeps no program alive.
  const anchor = setInterval(() => {}, 60_000)
  writeFileSync(output, JSON.stringify(await runAll()))
  clearInterval(anchor)
} else {
  test('a program in virtual time sees what it sees on the kernel', async () => {
    assert.deepEqual(await runProgram(['--seed', '1']), JSON.parse(JSON.stringify(await runAll())))
  })

  test('the same under loss, reordering and delay', async () => {
    const impaired = await runProgram(['--loss', '2%', '--reorder', '5%', '--delay', '20ms', '--seed', '2'], {
      NETSTACK_LOSSY: '1',
    })
    const all = await runAll()
    const expected = Object.fromEntries(Object.keys(impaired).map((name) => [name, all[name]]))
    assert.ok(Object.keys(impaired).length > 150)
    assert.deepEqual(impaired, JSON.parse(JSON.stringify(expected)))
  })
}
