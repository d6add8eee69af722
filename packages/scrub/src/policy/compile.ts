import type { ActionTools } from '../actions/actions.ts'
import { systemRandom } from '../edge/crypto.ts'
import type { DecodeRules } from '../stages/decode.ts'
import { defaultDecode } from '../stages/decode.ts'
import type { EnrichRules } from '../stages/enrich.ts'
import { Normalisation } from '../stages/normalise.ts'
import { Recorder } from '../stages/recorder.ts'
import { Redaction } from '../stages/redact.ts'
import type { Mode, RuleMetrics } from '../stages/rules.ts'
import type { SchemaCheck } from '../stages/schema.ts'
import { compileSchema } from '../stages/schema.ts'
import { Validation } from '../stages/validate.ts'
import type { ScrubConfig, ScrubEnvironment } from './config.ts'
import { DetectorCatalogue } from './detectors.ts'
import type { Stage } from './policy.ts'
import { Policy } from './policy.ts'
import { ConfigReader, nearest } from './reader.ts'
import { compileRules, type RuleSetting } from './rules.ts'
import type { PolicyDescription, Scrubber, Shared } from './scrubber.ts'
import { PolicyScrubber } from './scrubber.ts'
import { parseSubjectPattern } from './subjects.ts'

const modes = ['off', 'report', 'enforce'] as const
const stageKeys = ['decode', 'validate', 'normalise', 'redact', 'enrich'] as const

/**
 * Compiles policies into a Scrubber. Whatever is wrong is found here, not at the first message.
 * @throws ScrubError with code, place and cure
 */
export function compilePolicies(config: ScrubConfig, environment: ScrubEnvironment = {}): Scrubber {
  const reader = new ConfigReader(config, [], environment.locate, ['mode', 'policies', 'detectors', 'maxFindings'])
  const shared: Shared = {
    recorder: new Recorder(reader.integer('maxFindings', 100), environment.monotonicMs),
    keys: environment.keys,
    random: environment.random ?? systemRandom,
    now: environment.monotonicMs,
  }
  const mode = reader.choice('mode', 'enforce', modes)
  const setting: Setting = {
    environment,
    shared,
    catalogue: new DetectorCatalogue(environment.detectors ?? [], reader),
    tools: { keys: environment.keys, vault: environment.vault, random: shared.random },
    metrics: [],
  }
  const policies: Policy[] = []
  const descriptions: PolicyDescription[] = []
  const names = new Set<string>()
  for (let index = 0; index < reader.list('policies').length; index++) {
    const one = reader.item('policies', index, ['name', 'subjects', 'except', 'mode', 'deadLetter', 'stages'])
    const policy = compilePolicy(one, mode, names, setting)
    descriptions.push(policy.description)
    if (policy.description.mode !== 'off') policies.push(policy.policy)
  }
  return new PolicyScrubber(policies, setting.metrics, descriptions, shared)
}

interface Setting {
  readonly environment: ScrubEnvironment
  readonly shared: Shared
  readonly catalogue: DetectorCatalogue
  readonly tools: ActionTools
  readonly metrics: RuleMetrics[]
}

function compilePolicy(
  reader: ConfigReader,
  loudest: Mode,
  names: Set<string>,
  setting: Setting,
): { readonly policy: Policy; readonly description: PolicyDescription } {
  const name = reader.text('name')
  if (names.has(name)) throw reader.error(`There are two policies "${name}".`, 'Give each its own name.', 'name')
  names.add(name)
  const own = reader.choice('mode', 'enforce', modes)
  const mode: Mode = modes[Math.min(modes.indexOf(own), modes.indexOf(loudest))]
  const patterns = (key: string) => reader.texts(key).map((one, at) => parseSubjectPattern(one, reader.place(key, at)))
  const subjects = patterns('subjects')
  if (subjects.length === 0)
    throw reader.error('The policy selects no subject.', 'Give it subjects: ["events.>"].', 'subjects')
  const except = patterns('except')
  const deadLetter = reader.choice('deadLetter', 'redacted', ['redacted', 'whole', 'encrypted', 'dropped'])
  if (deadLetter === 'encrypted' && setting.shared.keys === undefined) {
    throw reader.error(
      'Encrypted dead letters need a key.',
      'Pass keys: createKeyRing([...]) in the environment.',
      'deadLetter',
      'SCRUB_ERR_KEY',
    )
  }
  const rules: RuleSetting = { ...setting, policy: name, mode, names: new Set() }
  const stages: Stage[] = []
  let decode = defaultDecode
  const count = reader.list('stages').length
  if (count === 0) throw reader.error('The policy has no stages.', 'Give it stages: [{ redact: [...] }].', 'stages')
  for (let index = 0; index < count; index++) {
    const stage = reader.item('stages', index, stageKeys)
    const kinds = stageKeys.filter((key) => stage.has(key))
    if (kinds.length !== 1)
      throw stage.error(`A stage is one thing, this one is ${kinds.length}.`, `It is one of: ${stageKeys.join(', ')}.`)
    if (kinds[0] !== 'decode') stages.push(compileStage(kinds[0], stage, rules, setting))
    else if (index > 0) throw stage.error('Decoding comes first.', 'Move the decode stage to the top.')
    else decode = compileDecode(stage)
  }
  const policy = new Policy({ name, mode, deadLetter, subjects, except, decode, stages }, setting.shared.recorder)
  return { policy, description: describe(policy, subjects, except) }
}

function describe(
  policy: Policy,
  subjects: readonly { readonly source: string }[],
  except: readonly { readonly source: string }[],
): PolicyDescription {
  const redactions = policy.stages.flatMap((stage) => (stage.kind === 'redact' ? stage.redaction.rules.rules : []))
  return {
    name: policy.name,
    mode: policy.mode,
    subjects: subjects.map(({ source }) => source),
    except: except.map(({ source }) => source),
    stages: ['decode', ...policy.stages.map(({ kind }) => kind)],
    rules: redactions.map(({ name, action, enforced }) => ({ name, action: action.name, enforced })),
  }
}

function compileStage(
  kind: Exclude<(typeof stageKeys)[number], 'decode'>,
  stage: ConfigReader,
  rules: RuleSetting,
  setting: Setting,
): Stage {
  switch (kind) {
    case 'validate':
      return { kind, validation: compileValidate(stage, setting) }
    case 'normalise': {
      const reader = stage.child('normalise', ['unicode', 'newlines', 'invisible'])
      const normalisation = new Normalisation({
        unicode: reader.choice('unicode', 'NFC', ['NFC', 'NFKC', 'off']),
        newlines: reader.choice('newlines', 'off', ['lf', 'off']),
        invisible: reader.choice('invisible', 'remove', ['remove', 'off']),
      })
      return { kind, normalisation }
    }
    case 'redact':
      return { kind, redaction: compileRedact(stage, rules, setting) }
    case 'enrich':
      return { kind, rules: compileEnrich(stage) }
  }
}

function compileDecode(stage: ConfigReader): DecodeRules {
  const reader = stage.child('decode', ['maxInflatedBytes', 'maxRatio', 'charset', 'malformed'])
  return {
    maxInflatedBytes: reader.integer('maxInflatedBytes', defaultDecode.maxInflatedBytes, 1),
    maxRatio: reader.integer('maxRatio', defaultDecode.maxRatio, 1),
    charset: reader.choice('charset', 'auto', ['auto', 'utf-8', 'utf-16le', 'utf-16be', 'latin1']),
    malformed: reader.choice('malformed', 'keep', ['reject', 'keep']),
  }
}

function compileRedact(stage: ConfigReader, rules: RuleSetting, setting: Setting): Redaction {
  const isList = Array.isArray(stage.raw('redact'))
  const reader = isList ? stage : stage.child('redact', ['rules', 'ignoreCase', 'binary', 'invalidJson'])
  const compiled = compileRules(reader, isList ? 'redact' : 'rules', rules, {
    ignoreCase: isList || reader.boolean('ignoreCase', true),
    binary: isList ? 'mask' : reader.choice('binary', 'mask', ['mask', 'reject', 'ignore']),
    invalidJson: isList ? 'reject' : reader.choice('invalidJson', 'reject', ['reject', 'text']),
  })
  return new Redaction(compiled, setting.shared.recorder, setting.shared.keys, setting.shared.random(32))
}

function compileValidate(stage: ConfigReader, setting: Setting): Validation {
  const keys = ['maxBytes', 'json', 'maxDepth', 'maxTokens', 'maxKeyBytes', 'duplicateKeys', 'prototypeKeys', 'schema']
  const reader = stage.child('validate', keys)
  return new Validation({
    maxBytes: reader.integer('maxBytes', 0),
    json: reader.boolean('json', false),
    maxDepth: reader.integer('maxDepth', 128, 1),
    maxTokens: reader.integer('maxTokens', 1024 * 1024, 1),
    maxKeyBytes: reader.integer('maxKeyBytes', 65_536, 1),
    duplicateKeys: reader.choice('duplicateKeys', 'reject', ['reject', 'allow']),
    prototypeKeys: reader.choice('prototypeKeys', 'reject', ['reject', 'allow']),
    schema: schemaOf(reader, setting.environment.schemas ?? {}),
  })
}

function schemaOf(reader: ConfigReader, schemas: Readonly<Record<string, object>>): SchemaCheck | undefined {
  const raw = reader.raw('schema')
  if (raw === undefined) return undefined
  const schema = typeof raw === 'string' ? (Object.hasOwn(schemas, raw) ? schemas[raw] : undefined) : raw
  if (schema === undefined) {
    const near = nearest(raw as string, Object.keys(schemas))
    throw reader.error(
      `There is no schema "${raw}".`,
      near === undefined ? 'Pass it in the environment: schemas.' : `Did you mean "${near}"?`,
      'schema',
      'SCRUB_ERR_SCHEMA',
    )
  }
  if (typeof schema !== 'object' || schema === null)
    throw reader.error('A schema is an object.', 'Write it in JSON Schema 2020-12.', 'schema')
  return compileSchema(schema, schemas, reader.place('schema'))
}

function compileEnrich(stage: ConfigReader): EnrichRules {
  const reader = stage.child('enrich', ['id', 'time', 'source', 'traceparent', 'headers'])
  const header = (key: string, otherwise: string): string => {
    const raw = reader.raw(key)
    const name = raw === true ? otherwise : raw === undefined || raw === false ? '' : (reader.string(key) ?? '')
    if (name !== '' && !/^[!-9;-~]+$/.test(name))
      throw reader.error(`"${name}" is no header name.`, 'Write it without colon and blanks.', key)
    return name
  }
  const fixed = reader.has('headers') ? Object.entries(reader.raw('headers') as object) : []
  for (const [name, value] of fixed) {
    if (!/^[!-9;-~]+$/.test(name) || typeof value !== 'string' || /[\r\n\0]/.test(value)) {
      throw reader.error(
        `The header "${name}" is not usable.`,
        'Names have no colon or blank, values are text in one line.',
        'headers',
      )
    }
  }
  return {
    id: header('id', 'Wirehub-Id'),
    time: header('time', 'Wirehub-Time'),
    source: header('source', 'Wirehub-Source'),
    traceparent: reader.boolean('traceparent', false),
    headers: fixed as [string, string][],
  }
}
