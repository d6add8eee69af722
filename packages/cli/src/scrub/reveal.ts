/** `wirehub scrub decrypt` and `detokenise`: the way back, for whoever can read the key files. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HubError } from '@wirehub/hub'
import {
  createDetokeniser,
  type Detokeniser,
  decryptPayload,
  openDeadLetter,
  openFileVault,
  ScrubError,
} from '@wirehub/scrub'
import { exitCodes, type OptionValues } from '../command.ts'
import { loadKeys } from './load.ts'
import { readPayload } from './payload.ts'

const TOKEN = /scrub~t~[A-Za-z0-9-]{1,32}~[A-Za-z0-9_-]+~/g

export async function runDecrypt(values: OptionValues, [file]: readonly string[]): Promise<number> {
  const { keys } = loadKeys(values)
  const payload = await readPayload(file)
  process.stdout.write(
    values['dead-letter'] === true ? openDeadLetter(payload, keys).payload : decryptPayload(payload, keys),
  )
  return exitCodes.ok
}

export async function runDetokenise(values: OptionValues, given: readonly string[]): Promise<number> {
  const { keys, vaultFile } = loadKeys(values)
  if (vaultFile === undefined) {
    throw new HubError('WIREHUB_ERR_CONFIG', 'The configuration has no scrub.vaultFile.', {
      cure: 'Tokens of a hub without one are forgotten when it ends.',
    })
  }
  // A copy: the hub goes on writing into the file, and what it is in the middle of is not ours to cut off.
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-vault-'))
  try {
    const copy = join(folder, 'vault')
    copyFileSync(vaultFile, copy)
    const vault = openFileVault(copy)
    try {
      // Who has come this far has read the keys.
      const detokeniser = createDetokeniser({ vault, keys, permit: () => true })
      if (given.length > 0 && given.every((one) => one.startsWith('scrub~t~'))) {
        for (const token of given) process.stdout.write(`${detokeniser.detokenise(token, 'command line')}\n`)
      } else process.stdout.write(revealed((await readPayload(given[0])).toString('utf8'), detokeniser))
    } finally {
      await vault.close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return exitCodes.ok
}

/** A text with every token that the vault knows replaced; JSON stays JSON. */
function revealed(text: string, detokeniser: Detokeniser): string {
  const isJson = parses(text)
  return text.replace(TOKEN, (token) => {
    try {
      const value = detokeniser.detokenise(token, 'command line')
      return isJson ? JSON.stringify(value).slice(1, -1) : value
    } catch (error) {
      if (error instanceof ScrubError && error.code === 'SCRUB_ERR_TOKEN') return token
      throw error
    }
  })
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
