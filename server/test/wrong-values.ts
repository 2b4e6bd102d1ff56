// Values that a JSON schema does not allow, as JSON texts, made from the schema itself. Knows nothing of HTTP.

/** What the document's schemas are made of; anything else is left to the server. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
}

export interface WrongValue {
  readonly what: string
  /** As it stands in a JSON text; not all of them can be made by JSON.stringify. */
  readonly json: string
}

const LONG = 10_000

export const typesOf = (schema: Schema): readonly string[] =>
  schema.anyOf
    ? [...new Set(schema.anyOf.flatMap(typesOf))]
    : typeof schema.type === 'string'
      ? [schema.type]
      : (schema.type ?? [])

/** One value of each JSON type. */
const OF_TYPES: Readonly<Record<string, readonly string[]>> = {
  string: ['"x"', '"5"', '"NaN"', '"true"', '""'],
  number: ['5', '-1', '1.5'],
  boolean: ['true', 'false'],
  null: ['null'],
  array: ['[]', '["x"]', '[null]'],
  object: ['{}', '{"a":"b"}'],
}

/** Wrong types first, then what is wrong within the right type. */
export const wrongValues = (schema: Schema): readonly WrongValue[] => {
  const types = typesOf(schema).map(type => (type === 'integer' ? 'number' : type))
  const ofOtherTypes = Object.entries(OF_TYPES)
    .filter(([type]) => !types.includes(type))
    .flatMap(([, values]) => values.map(json => ({ what: json, json })))
  return [...ofOtherTypes, ...(schema.anyOf ?? [schema]).flatMap(wrongWithin)]
}

const wrongWithin = (schema: Schema): readonly WrongValue[] => {
  const types = typesOf(schema)
  if (types.includes('string') && types.length === 1) return wrongTexts(schema)
  if (types.includes('integer') || (types.includes('number') && types.length === 1)) return wrongNumbers(schema, types)
  if (types.includes('array')) return wrongLists(schema)
  return types.includes('object') && schema.properties === undefined ? wrongRecords(schema) : []
}

const quote = (what: string, text: string): WrongValue => ({ what, json: JSON.stringify(text) })

const wrongTexts = ({ enum: choice, format, pattern, minLength = 0, maxLength }: Schema): readonly WrongValue[] => [
  ...(choice || format || pattern ? [quote('another text', 'nonsense of no kind'), quote('an empty text', '')] : []),
  ...(minLength > 0 ? [quote('an empty text', '')] : []),
  ...(maxLength
    ? [quote('a text too long by one', 'x'.repeat(maxLength + 1)), quote('a long text', 'x'.repeat(LONG))]
    : []),
  // What has a bound is kept or looked up, so it must be a text that every store can hold.
  ...(maxLength ? [quote('U+0000', 'a\0b'), quote('half a character', 'a\ud800b')] : []),
]

const wrongNumbers = (schema: Schema, types: readonly string[]): readonly WrongValue[] => {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  const found = [
    minimum === undefined ? undefined : minimum - 1,
    maximum === undefined ? undefined : maximum + 1,
    exclusiveMinimum,
    exclusiveMaximum,
    types.includes('integer') ? (minimum ?? 0) + 0.5 : undefined,
  ].filter(value => value !== undefined)
  const raw = ['1e999', '-1e999', '9007199254740993']
  return [...found.map(value => String(value)), ...raw].map(json => ({ what: json, json }))
}

const wrongLists = ({ items, minItems = 0, maxItems }: Schema): readonly WrongValue[] => [
  ...(minItems > 0 ? [{ what: 'an empty list', json: '[]' }] : []),
  ...(maxItems ? [{ what: 'a list too long by one', json: JSON.stringify(Array(maxItems + 1).fill('people')) }] : []),
  ...(items ? wrongValues(items).map(({ what, json }) => ({ what: `a list of ${what}`, json: `[${json}]` })) : []),
]

const wrongRecords = ({ additionalProperties }: Schema): readonly WrongValue[] => {
  if (typeof additionalProperties !== 'object') return []
  const members = wrongValues(additionalProperties).map(({ what, json }) => ({
    what: `a member that is ${what}`,
    json: `{"a":${json}}`,
  }))
  const texts = ['a\0b', 'a\ud800b'].map(text => JSON.stringify(text))
  return [
    ...members,
    ...texts.map(text => ({ what: `a key that is ${text}`, json: `{${text}:1}` })),
    ...texts.map(text => ({ what: `a member that is ${text}`, json: `{"a":${text}}` })),
    { what: 'a number too large', json: '{"a":1e999}' },
    { what: 'a key of the language', json: '{"__proto__":{"a":1}}' },
    { what: 'too many bytes', json: `{"a":"${'x'.repeat(2 * LONG)}"}` },
    { what: 'a nested list', json: `{"a":${'['.repeat(LONG)}${']'.repeat(LONG)}}` },
  ]
}
