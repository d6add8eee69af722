import type { Action, ActionName, ActionTools } from '../actions/actions.ts'
import {
  encryptAction,
  hashAction,
  maskAction,
  removeAction,
  reportAction,
  tokeniseAction,
} from '../actions/actions.ts'
import type { Keep } from './config.ts'
import { type ConfigReader, nearest } from './reader.ts'

const names: readonly ActionName[] = ['remove', 'mask', 'hash', 'tokenise', 'encrypt', 'report']

const options: Readonly<Record<ActionName, readonly string[]>> = {
  remove: ['replacement'],
  mask: ['keepFirst', 'keepLast', 'keep', 'character'],
  hash: ['key', 'keep'],
  tokenise: ['key'],
  encrypt: [],
  report: [],
}

/** Compiles the `action` of a rule. */
export function compileAction(rule: ConfigReader, tools: ActionTools): Action {
  const raw = rule.raw('action')
  const isName = typeof raw === 'string'
  const holder = isName || raw === undefined ? undefined : rule.child('action', names)
  const given = isName ? [raw] : holder === undefined ? [] : names.filter((name) => holder.has(name))
  if (given.length !== 1) {
    throw rule.error(
      `A rule needs one action, this one has ${given.length}.`,
      `Write action: mask, or one of ${names.join(', ')}.`,
      'action',
    )
  }
  const name = given[0] as ActionName
  if (!names.includes(name)) {
    const near = nearest(name, names)
    throw rule.error(
      `There is no action "${name}".`,
      near === undefined ? `There are: ${names.join(', ')}.` : `Did you mean "${near}"?`,
      'action',
    )
  }
  const reader = (holder ?? rule.child('action', names, {})).child(name, options[name], holder?.raw(name) ?? {})
  return make(name, reader, tools)
}

function make(name: ActionName, reader: ConfigReader, tools: ActionTools): Action {
  switch (name) {
    case 'report':
      return reportAction
    case 'remove':
      return removeAction(reader.string('replacement'))
    case 'mask':
      return makeMask(reader)
    case 'hash':
      needKeys(name, reader, tools)
      return hashAction(tools, keyId(reader, tools), keeps(reader).includes('type'))
    case 'tokenise':
      needKeys(name, reader, tools)
      if (tools.vault === undefined) {
        throw reader.error(
          'tokenise needs a vault, and none is given.',
          'Pass vault: new MemoryVault() or a file vault in the environment.',
        )
      }
      return tokeniseAction(tools, keyId(reader, tools))
    case 'encrypt':
      needKeys(name, reader, tools)
      return encryptAction(tools)
  }
}

function makeMask(reader: ConfigReader): Action {
  const character = reader.string('character') ?? '*'
  if ([...character].length !== 1 || /[\w\s"\\&=%:\p{C}]/u.test(character)) {
    throw reader.error(
      `${JSON.stringify(character)} cannot be the mask character.`,
      'Use one sign such as "*", "#" or "•".',
      'character',
    )
  }
  const keep = keeps(reader)
  return maskAction({
    keepFirst: reader.integer('keepFirst', 0),
    keepLast: reader.integer('keepLast', 0),
    keepLength: keep.includes('length'),
    keepType: keep.includes('type'),
    character,
  })
}

function keeps(reader: ConfigReader): readonly Keep[] {
  const raw = reader.raw('keep')
  const list = raw === undefined ? [] : Array.isArray(raw) ? raw : [raw]
  for (const one of list) {
    if (one !== 'length' && one !== 'type')
      throw reader.error(`"keep" is ${JSON.stringify(one)}.`, 'It may be: length, type.', 'keep')
  }
  return list as Keep[]
}

function needKeys(name: string, reader: ConfigReader, tools: ActionTools): void {
  if (tools.keys !== undefined) return
  throw reader.error(
    `${name} needs a key, and none is given.`,
    'Pass keys: createKeyRing([{ id, secret }]) in the environment.',
    undefined,
    'SCRUB_ERR_KEY',
  )
}

function keyId(reader: ConfigReader, tools: ActionTools): string | undefined {
  const id = reader.string('key')
  if (id !== undefined && tools.keys?.get(id) === undefined) {
    throw reader.error(
      `There is no key "${id}" on the key ring.`,
      'Name a key that is, or leave it out for the newest.',
      'key',
      'SCRUB_ERR_KEY',
    )
  }
  return id
}
