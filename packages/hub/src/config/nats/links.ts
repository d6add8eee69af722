/** `exports`, `imports` and `mappings` of an account in a nats-server configuration. Source: NATS documentation, "Accounts", "Subject Mapping". */
import type { AccountConfig, ExportConfig, ImportConfig } from '../types.ts'
import { ConfReader } from './conf-reader.ts'
import type { ConfMap, ConfValue } from './conf-value.ts'

type Mappings = NonNullable<AccountConfig['mappings']>

/** Reads them; absent ones are left out. */
export function readLinks(account: ConfReader): Pick<AccountConfig, 'exports' | 'imports' | 'mappings'> {
  const links: Pick<AccountConfig, 'exports' | 'imports' | 'mappings'> = {}
  const exports = blocks(account, 'exports').map(readExport)
  const imports = blocks(account, 'imports').flatMap((block) => readImport(block) ?? [])
  const mappings = readMappings(account)
  if (exports.length > 0) links.exports = exports
  if (imports.length > 0) links.imports = imports
  if (mappings !== undefined) links.mappings = mappings
  return links
}

function blocks(account: ConfReader, key: string): ConfReader[] {
  return account.items(key).flatMap((item) => {
    if (item.kind === 'map') return new ConfReader(item, account.pathOf(key), account.problems)
    account.wrong({ key, place: item }, 'blocks { stream: ... } or { service: ... }')
    return []
  })
}

function readExport(block: ConfReader): ExportConfig {
  const read: ExportConfig = {}
  const [stream, service] = [block.string('stream'), block.string('service')]
  if (stream !== undefined) read.stream = stream
  if (service !== undefined) read.service = service
  const accounts = block.strings('accounts')
  if (accounts.length > 0) read.accounts = accounts
  const response = block.string('response', 'response_type')
  if (response !== undefined && !/^singleton$/i.test(response)) read.manyResponses = true
  block.finish(['threshold', 'response_threshold', 'response_time', 'latency', 'allow_trace', 'account_token_position'])
  return read
}

function readImport(block: ConfReader): ImportConfig | undefined {
  const kind = block.entry('stream') === undefined ? 'service' : 'stream'
  const source = block.map(kind)
  const account = source?.string('account')
  const subject = source?.string('subject')
  source?.finish()
  const to = block.string('to')
  const prefix = block.string('prefix')
  const share = block.boolean('share')
  block.finish(['allow_trace'])
  if (account === undefined || subject === undefined) return undefined
  const read: ImportConfig = { [kind]: subject, account }
  if (to !== undefined) read.to = to
  else if (prefix !== undefined) read.to = `${prefix}.${subject}`
  if (share !== undefined) read.share = share
  return read
}

/** Reads `mappings`, of an account or of the server itself. */
export function readMappings(parent: ConfReader): Mappings | undefined {
  const block = parent.map('mappings', 'maps')
  if (block === undefined) return undefined
  const mappings: Mappings = {}
  for (const entry of block.entries()) {
    const { value, key } = entry
    if (value.kind === 'string') mappings[key] = value.value
    else if (value.kind === 'map') mappings[key] = [choice(block, key, value)]
    else if (value.kind === 'array')
      mappings[key] = value.items.flatMap((item) =>
        item.kind === 'map' ? choice(block, key, item) : wrong(block, key, item),
      )
    else wrong(block, key, value)
  }
  return mappings
}

function wrong(block: ConfReader, key: string, place: ConfValue): [] {
  block.wrong({ key, place }, 'a subject, or blocks { destination: ..., weight: 50% }')
  return []
}

function choice(block: ConfReader, key: string, map: ConfMap): { destination: string; weight?: number } {
  const reader = new ConfReader(map, block.pathOf(key), block.problems)
  const destination = reader.string('destination', 'dest') ?? ''
  const weight = reader.string('weight')
  const percent = weight === undefined ? undefined : Number(weight.replace(/%$/, ''))
  if (percent !== undefined && !(percent >= 0 && percent <= 100)) wrong(block, key, map)
  reader.finish(['cluster'])
  return { destination, ...(percent === undefined ? {} : { weight: percent }) }
}
