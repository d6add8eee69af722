import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const BIN = fileURLToPath(new URL('../../bin/netstack.js', import.meta.url))

/** Where pictures of the documentation lie. */
export const PICTURES: string = fileURLToPath(new URL('../../../../docs/pictures/', import.meta.url))

/** A command and the pictures that it makes: name in docs/pictures, and name of the file that the command writes. */
export interface Recipe {
  command: readonly string[]
  pictures: readonly (readonly [picture: string, file: string])[]
}

/** OUT stands for the folder that files are written to. */
export const RECIPES: readonly Recipe[] = [
  {
    command: ['netstack', 'demo', '--out', 'OUT'],
    pictures: [
      ['demo-ladder.svg', 'ladder.svg'],
      ['demo-plot.svg', 'plot.svg'],
    ],
  },
  {
    command: ['netstack', 'journey', 'Hello, wire!', '--svg', 'OUT/journey.svg'],
    pictures: [['journey.svg', 'journey.svg']],
  },
  {
    command: ['node', '--conditions=@wirehub/source', 'bench/netstack/voice-plot.ts', 'OUT/voice.svg'],
    pictures: [['voice.svg', 'voice.svg']],
  },
]

/** Runs the command of a recipe with its files in `folder`. @throws {Error} when it fails */
export function make(recipe: Recipe, folder: string): void {
  const [program, ...rest] = recipe.command.map((word) => word.replace('OUT', folder))
  const args = program === 'netstack' ? [BIN, ...rest] : rest
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status !== 0) throw new Error(`${recipe.command.join(' ')} failed: ${stderr}`)
}
