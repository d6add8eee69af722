import assert from 'node:assert/strict'
import nodeDgram from 'node:dgram'
import nodeNet from 'node:net'
import { test } from 'node:test'
import ourDgram from '../../src/node-dgram.ts'
import ourNet from '../../src/node-net.ts'
import { argumentBehaviours } from './arguments.ts'
import { datagramBehaviours } from './datagrams.ts'
import { handleBehaviours } from './handles.ts'
import { optionBehaviours } from './options.ts'
import { pipeBehaviours } from './pipes.ts'
import { serverBehaviours } from './servers.ts'
import { socketBehaviours } from './sockets.ts'
import { type Behaviours, type Dgram, type Net, Trial } from './trial.ts'

// The same program on Node's net and on ours: what each of its actors sees must be the same, word by word.

const GROUPS: Readonly<Record<string, Behaviours>> = {
  arguments: argumentBehaviours,
  sockets: socketBehaviours,
  servers: serverBehaviours,
  options: optionBehaviours,
  handles: handleBehaviours,
  pipes: pipeBehaviours,
  datagrams: datagramBehaviours,
}

for (const [group, behaviours] of Object.entries(GROUPS)) {
  for (const [name, behaviour] of Object.entries(behaviours)) {
    test(`${group}: ${name}`, { timeout: 20_000 }, async () => {
      const reference = new Trial(nodeNet, nodeDgram)
      await behaviour(reference)
      const expected = await reference.end()
      const trial = new Trial(ourNet as unknown as Net, ourDgram as unknown as Dgram)
      await behaviour(trial)
      assert.deepEqual(await trial.end(), expected)
    })
  }
}
