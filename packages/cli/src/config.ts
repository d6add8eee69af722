/** Where a hub's configuration comes from: flag, then environment, then file. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  assertLimits,
  type ConfigFiles,
  defaultConnectionLimits,
  defaultHubLimits,
  type HubConfig,
  HubError,
  type LocatedConfig,
  parseLocatedConfig,
} from '@wirehub/hub'
import type { OptionValues } from './command.ts'
import { logLevels } from './log.ts'

/** The file that is read when no other is named. */
export const DEFAULT_CONFIG_FILE = 'wirehub.yaml'

/** A configuration, and where it came from. */
export interface LoadedConfig {
  readonly config: HubConfig
  /** The file read, if any. */
  readonly file: string | undefined
  readonly files: ConfigFiles
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Reads the configuration of `serve`.
 * @throws HubError WIREHUB_ERR_CONFIG with file, line and column
 */
export function loadConfig(values: OptionValues, variables: Variables): LoadedConfig {
  const named = (values.config as string | undefined) ?? variables.WIREHUB_CONFIG
  const file = named ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined)
  const read = file === undefined ? undefined : parseLocatedConfig(readConfigText(file), file)
  const config = withFlags(withVariables(read?.config ?? {}, variables), values)
  return { config, file, files: filesBeside(file, read) }
}

/** Reads a configuration file. @throws HubError WIREHUB_ERR_CONFIG */
export function readConfigText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new HubError('WIREHUB_ERR_CONFIG', `Cannot read the configuration: ${(error as Error).message}`, {
      place: file,
      cure: 'Name another file with --config; wirehub init writes one.',
      cause: error,
    })
  }
}

/** Files relative to the folder of the configuration. */
export function filesBeside(file: string | undefined, read?: Pick<LocatedConfig, 'locate' | 'find'>): ConfigFiles {
  const folder = file === undefined ? '.' : dirname(file)
  return {
    readText: (name) => readNamedFile(resolve(folder, name)),
    path: (name) => resolve(folder, name),
    ...(read === undefined ? {} : { locate: read.locate, find: read.find }),
  }
}

function readNamedFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new HubError('WIREHUB_ERR_CONFIG', `Cannot read this file: ${(error as Error).message}.`, {
      place: file,
      cure: 'Names are relative to the folder of the configuration.',
      cause: error,
    })
  }
}

/**
 * What `WIREHUB_<name>` says, or the file that `WIREHUB_<name>_FILE` names: secrets are mounted as files.
 * @throws HubError WIREHUB_ERR_CONFIG when the file cannot be read
 */
export function variable(variables: Variables, name: string): string | undefined {
  const given = variables[`WIREHUB_${name}`]
  if (given) return given
  const file = variables[`WIREHUB_${name}_FILE`]
  return file ? readNamedFile(resolve(file)).replace(/\r?\n$/, '') : undefined
}

/** What the environment says goes over what the file says. */
function withVariables(config: HubConfig, variables: Variables): HubConfig {
  const result: HubConfig = { ...config }
  const read = (name: string): string | undefined => variable(variables, name)
  const list = (text: string): string[] =>
    text
      .split(/[,\n]/)
      .map((one) => one.trim())
      .filter((one) => one !== '')
  const [listen, connect, serverName, insecure, token] = ['LISTEN', 'CONNECT', 'SERVER_NAME', 'INSECURE', 'TOKEN'].map(
    read,
  )
  if (listen) result.listen = list(listen)
  if (connect) result.connect = list(connect)
  if (serverName) result.serverName = serverName
  if (insecure) result.insecure = YES.includes(oneOf('WIREHUB_INSECURE', insecure.toLowerCase(), [...YES, ...NO]))
  if (token) result.authorization = { ...result.authorization, token, tokenFile: undefined }
  const level = read('LOG_LEVEL')
  if (level) result.log = { ...result.log, level: oneOf('WIREHUB_LOG_LEVEL', level, logLevels) }
  const limits = limitsOf(variables)
  if (Object.keys(limits).length > 0) result.limits = { ...result.limits, ...limits }
  return result
}

const YES: readonly string[] = ['true', '1', 'yes']
const NO: readonly string[] = ['false', '0', 'no']

function oneOf<T extends string>(place: string, given: string, values: readonly T[]): T {
  const found = values.find((one) => one === given)
  if (found !== undefined) return found
  throw new HubError('WIREHUB_ERR_CONFIG', `It cannot be '${given}'.`, {
    place,
    cure: `It may be ${values.join(', ')}.`,
  })
}

// WIREHUB_LIMITS_MAX_PAYLOAD_BYTES is limits.maxPayloadBytes.
function limitsOf(variables: Variables): Record<string, number> {
  const limits: Record<string, number> = {}
  for (const name of Object.keys({ ...defaultConnectionLimits, ...defaultHubLimits })) {
    const key = `LIMITS_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
    const text = variable(variables, key)
    if (text === undefined) continue
    limits[name] = Number(text)
    try {
      assertLimits({ [name]: limits[name] })
    } catch (error) {
      const cure = `${(error as HubError).cure ?? ''} Or unset it.`
      throw new HubError('WIREHUB_ERR_CONFIG', `It cannot be '${text}'.`, { place: `WIREHUB_${key}`, cure })
    }
  }
  return limits
}

/** What the command line says goes over everything. */
function withFlags(config: HubConfig, values: OptionValues): HubConfig {
  const result: HubConfig = { ...config }
  if (values.listen !== undefined) result.listen = values.listen as string[]
  if (values.connect !== undefined) result.connect = values.connect as string[]
  if (values.gateway !== undefined) result.gateways = (values.gateway as string[]).map((path) => resolve(path))
  if (values['server-name'] !== undefined) result.serverName = values['server-name'] as string
  if (values.insecure !== undefined) result.insecure = values.insecure === true
  if (values.token !== undefined) result.authorization = { ...result.authorization, token: values.token as string }
  if (values.user !== undefined) {
    if (values.password === undefined) {
      throw new HubError('WIREHUB_ERR_USAGE', 'A user without a password would let everybody in by that name.', {
        place: `--user ${values.user}`,
        cure: 'Give --password too, or an nkey in the configuration.',
      })
    }
    const user = { user: values.user as string, password: values.password as string }
    result.authorization = { ...result.authorization, users: [...(result.authorization?.users ?? []), user] }
  }
  if (values['log-level'] !== undefined)
    result.log = { ...result.log, level: oneOf('--log-level', values['log-level'] as string, logLevels) }
  return result
}
