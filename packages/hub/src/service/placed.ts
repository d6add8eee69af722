/** Says of a mistake that is found after a configuration was read, where in its file it stands. */
import { ConfigError } from '../config/problem.ts'
import { HubError } from '../errors.ts'
import type { ConfigFiles } from './resolve.ts'

type Place = ReturnType<NonNullable<ConfigFiles['locate']>>

/** Runs something that uses a configuration; an error about a part of it names file, line and column. */
export async function placed<Result>(files: ConfigFiles, run: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    throw error instanceof HubError && !(error instanceof ConfigError) ? inFile(error, files) : error
  }
}

function inFile(error: HubError, files: ConfigFiles): HubError {
  const { place, code, message, cure } = error
  const found = place === undefined ? undefined : placeOf(place, files)
  if (found === undefined) return error
  const where = `${found.file}:${found.line}:${found.column}: ${place}`
  return new HubError(code, message, { place: where, ...(cure === undefined ? {} : { cure }), cause: error })
}

function placeOf(place: string, files: ConfigFiles): Place | undefined {
  const standing = files.find?.((text) => text === place || files.path?.(text) === place)
  if (standing !== undefined) return standing
  // Users and what goes with them are named by their path within `authorization`.
  if (/^users\[\d+\]/.test(place)) return files.locate?.(['authorization', ...stepsOf(place)])
  if (place === 'noAuthUser') return files.locate?.(['authorization', place])
  return place === 'tls' ? files.locate?.([place]) : undefined
}

function stepsOf(path: string): (string | number)[] {
  return path
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}
