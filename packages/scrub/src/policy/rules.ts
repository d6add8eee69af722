import type { ActionTools } from '../actions/actions.ts'
import { FieldAutomaton } from '../json/automaton.ts'
import type { Selector } from '../json/selector.ts'
import { parseSelector } from '../json/selector.ts'
import { compileScanner } from '../scan/scanner.ts'
import type { Detector, Scanner } from '../scan/types.ts'
import type { RedactRules } from '../stages/redact.ts'
import type { CompiledRule, Mode, RuleMetrics, ScanGroup } from '../stages/rules.ts'
import { compileAction } from './actions.ts'
import type { DetectorCatalogue } from './detectors.ts'
import type { ConfigReader } from './reader.ts'

/** What compiling rules needs of the policy around them. */
export interface RuleSetting {
  readonly policy: string
  readonly mode: Mode
  readonly tools: ActionTools
  readonly catalogue: DetectorCatalogue
  /** Every rule's metrics are put here. */
  readonly metrics: RuleMetrics[]
  /** Names used in this policy so far. */
  readonly names: Set<string>
}

const ruleKeys = ['name', 'fields', 'headers', 'detectors', 'action', 'mode']
const modes = ['off', 'report', 'enforce'] as const

interface Parsed {
  readonly rule: CompiledRule
  readonly detectors: readonly Detector[]
  readonly selectors: readonly Selector[]
  readonly headers: readonly string[]
}

/** Compiles the rules of one redact stage. `stage` holds them under `key`. */
export function compileRules(
  stage: ConfigReader,
  key: string,
  setting: RuleSetting,
  options: {
    readonly ignoreCase: boolean
    readonly binary: RedactRules['binary']
    readonly invalidJson: RedactRules['invalidJson']
  },
): RedactRules {
  const parsed: Parsed[] = []
  for (let index = 0; index < stage.list(key).length; index++) {
    const one = compileRule(stage.item(key, index, ruleKeys), setting)
    if (one !== undefined) parsed.push(one)
  }
  const selected = parsed.flatMap(({ rule, selectors }) => selectors.map((selector) => ({ selector, rule })))
  const byName = new Map<string, CompiledRule[]>()
  for (const { rule, headers } of parsed) {
    for (const header of headers) {
      const lower = header.toLowerCase()
      byName.set(lower, [...(byName.get(lower) ?? []), rule])
    }
  }
  const everywhere = [...everywhereGroups(parsed, true), ...everywhereGroups(parsed, false)]
  return {
    rules: parsed.map(({ rule }) => rule),
    everywhere,
    fields: new FieldAutomaton(selected, options.ignoreCase),
    fieldNames: fieldNameGroup(selected.map(({ selector }) => selector)),
    hasFields: selected.length > 0,
    headers: { byName, everywhere },
    binary: options.binary,
    invalidJson: options.invalidJson,
  }
}

function compileRule(reader: ConfigReader, setting: RuleSetting): Parsed | undefined {
  const mode = reader.choice('mode', setting.mode, modes)
  const fields = reader.texts('fields')
  const headers = reader.texts('headers')
  const detectors = reader.has('detectors') ? setting.catalogue.select(reader, 'detectors') : undefined
  if (fields.length === 0 && headers.length === 0 && detectors === undefined) {
    throw reader.error('The rule selects nothing.', 'Give it fields, headers, detectors, or several of them.')
  }
  const selectors = fields.map((field, index) => parseSelector(field, reader.place('fields', index)))
  for (const [index, header] of headers.entries()) {
    if (!/^[!-9;-~]+$/.test(header))
      throw reader.error(`"${header}" is no header name.`, 'Write it without colon and blanks.', 'headers')
    if (header.toLowerCase().startsWith('wirehub-')) {
      throw reader.error(`Headers ${header.slice(0, 8)}* are the hub's own.`, `Leave out headers[${index}].`, 'headers')
    }
  }
  const action = compileAction(reader, setting.tools)
  if (mode === 'off') return undefined
  const name = ruleName(reader, setting, [
    ...fields,
    ...headers,
    ...(detectors === undefined ? [] : [detectorsName(reader)]),
  ])
  const metrics: RuleMetrics = { policy: setting.policy, rule: name, matches: 0, messages: 0, bytes: 0, durationMs: 0 }
  setting.metrics.push(metrics)
  const rule: CompiledRule = {
    name,
    policy: setting.policy,
    enforced: mode === 'enforce' && setting.mode === 'enforce' && action.name !== 'report',
    action,
    hasDetectors: detectors !== undefined,
    label: 'removed',
    metrics,
    group: undefined,
  }
  if (detectors !== undefined) {
    refuseFoundAgain(reader, rule, detectors)
    if (selectors.length + headers.length > 0) {
      rule.group = {
        scanner: compileScanner(detectors),
        ruleOf: new Map(detectors.map((detector) => [detector, rule])),
      }
    }
  }
  return { rule, detectors: detectors ?? [], selectors, headers }
}

/** A replacement in which the rule's own detectors find something would be replaced again and again. */
function refuseFoundAgain(reader: ConfigReader, rule: CompiledRule, detectors: readonly Detector[]): void {
  if (rule.action.name !== 'remove') return
  const text = rule.action.replace('', 'text', 'x')
  let found = ''
  if (compileScanner(detectors).scanText(text, (_start, _end, detector) => (found = detector.name)) > 0) {
    throw reader.error(
      `In the replacement ${JSON.stringify(text)} the detector ${found} finds something.`,
      'Choose another one.',
      'action',
    )
  }
}

function detectorsName(reader: ConfigReader): string {
  const raw = reader.raw('detectors')
  return Array.isArray(raw) ? raw.join('+') : String(raw)
}

function ruleName(reader: ConfigReader, setting: RuleSetting, parts: readonly string[]): string {
  const given = reader.string('name')
  if (given !== undefined && setting.names.has(given)) {
    throw reader.error(`The policy has two rules "${given}".`, 'Metrics go by name: give each its own.', 'name')
  }
  const base = given ?? (parts.length > 3 ? `${parts.slice(0, 3).join(',')},...` : parts.join(','))
  let name = base
  for (let number = 2; setting.names.has(name); number++) name = `${base}#${number}`
  setting.names.add(name)
  return name
}

/** The scanner of all rules that look everywhere; those that only report have their own, so that they hide nothing. */
function everywhereGroups(parsed: readonly Parsed[], enforced: boolean): readonly ScanGroup[] {
  const ruleOf = new Map<Detector, CompiledRule>()
  for (const { rule, detectors, selectors, headers } of parsed) {
    if (rule.enforced !== enforced || selectors.length + headers.length > 0) continue
    for (const detector of detectors) if (!ruleOf.has(detector)) ruleOf.set(detector, rule)
  }
  if (ruleOf.size === 0) return []
  return [{ scanner: compileScanner([...ruleOf.keys()]), ruleOf }]
}

/**
 * A scanner whose prefilter knows whether any field that a path needs can stand in a payload at all: each path's
 * longest name. Undefined when some path has no name that could be looked for.
 */
function fieldNameGroup(selectors: readonly Selector[]): ScanGroup | undefined {
  const names = new Set<string>()
  for (const { segments } of selectors) {
    let longest = ''
    for (const segment of segments) {
      if (segment.kind === 'key' && segment.name.length > longest.length) longest = segment.name
    }
    if (longest.length < 3 || !/^[\w-]+$/.test(longest)) return undefined
    names.add(longest.toLowerCase())
  }
  const detectors = [...names].map((name): Detector => {
    return {
      name: `field ${name}`,
      category: 'custom',
      description: '',
      default: false,
      triggers: [name],
      pattern: new RegExp(name, 'i'),
    }
  })
  const scanner: Scanner = compileScanner(detectors)
  return { scanner, ruleOf: new Map() }
}
