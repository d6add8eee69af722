import type { ErrorObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Place } from '../errors.ts'
import { ScrubError } from '../errors.ts'

/** A JSON Schema (2020-12), compiled; answers what is wrong, '' when nothing is. */
export type SchemaCheck = (value: unknown) => string

/**
 * Compiles a schema. `format` is an annotation, as the specification has it by default.
 * @throws ScrubError SCRUB_ERR_SCHEMA when it is no schema
 */
export function compileSchema(schema: object, others: Readonly<Record<string, object>>, place: Place): SchemaCheck {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    validateFormats: false,
    logger: false,
  })
  let validate: ValidateFunction
  try {
    for (const [name, other] of Object.entries(others)) if (other !== schema) ajv.addSchema(other, name)
    validate = ajv.compile(schema)
  } catch (error) {
    throw new ScrubError(
      'SCRUB_ERR_SCHEMA',
      `The schema cannot be compiled: ${(error as Error).message}.`,
      'Write it in JSON Schema 2020-12.',
      place,
    )
  }
  return (value) => (validate(value) ? '' : describe(validate.errors?.[0]))
}

/** The sentence for a failed schema: names of the schema may stand in it, nothing that only the message says. */
function describe(error: ErrorObject | undefined): string {
  if (error === undefined) return 'The payload does not fulfil the schema.'
  const where = error.instancePath
    .split('/')
    .map((part) => (part === '' || /^\d+$/.test(part) || error.schemaPath.split('/').includes(part) ? part : '*'))
    .join('/')
  return `The payload does not fulfil the schema: ${where === '' ? 'it' : where} ${error.message ?? 'is wrong'} (${error.schemaPath}).`
}
