// Wrong requests for every operation, made from the OpenAPI document: one thing is wrong in each, and the rest is good.
import { type Schema, typesOf, type WrongValue, wrongValues } from './wrong-values.ts'

interface Parameter {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly schema: Schema
}

interface Operation {
  readonly operationId?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export interface WrongInput {
  readonly what: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | FormData
  /** The name that the refusal must give; null where the whole body is wrong. */
  readonly field: string | null
}

/** Good values by name, as JSON texts, for what an operation cannot do without. */
export type Samples = Readonly<Record<string, string>>

/** By operation. */
export const wrongInputs = (document: OpenApi, samples: Samples): Map<string, readonly WrongInput[]> => {
  const resolved = inline(document.paths, document.components.schemas) as OpenApi['paths']
  return new Map(
    Object.entries(resolved).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, { operationId }]) => operationId !== undefined)
        .map(([method, operation]) => [
          operation.operationId ?? '',
          wrongInputsOf({ method: method.toUpperCase(), path, operation, samples }),
        ]),
    ),
  )
}

/** The document without references. */
const inline = (node: unknown, schemas: OpenApi['components']['schemas']): unknown => {
  if (Array.isArray(node)) return node.map(each => inline(each, schemas))
  if (typeof node !== 'object' || node === null) return node
  if ('$ref' in node) return inline(schemas[String(node.$ref).split('/').at(-1) ?? ''], schemas)
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inline(value, schemas)]))
}

interface Target {
  readonly method: string
  readonly path: string
  readonly operation: Operation
  readonly samples: Samples
}

const wrongInputsOf = (target: Target): readonly WrongInput[] => [
  ...(target.operation.parameters ?? []).flatMap(parameter => wrongParameters(target, parameter)),
  ...Object.entries(target.operation.requestBody?.content ?? {}).flatMap(([mediaType, { schema }]) => {
    // The document says of a body of lines what one line is like.
    const whole = schema.anyOf?.[0] ?? schema
    return mediaType === 'multipart/form-data' ? wrongForms(target, whole) : wrongBodies(target, mediaType, whole)
  }),
]

const LONG = 10_000

/** Texts of an address or a header; what is no text cannot be sent there. */
const wrongParameters = (target: Target, { in: place, name, schema }: Parameter): readonly WrongInput[] => {
  const texts = wrongValues(schema)
    .map(({ what, json }) => ({ what, value: JSON.parse(json) as unknown }))
    .filter(({ value }) => typeof value === (isNumeric(schema) ? 'number' : 'string'))
    .map(({ what, value }) => ({ what, text: String(value) }))
  const more = isNumeric(schema) ? ['NaN', 'x', '', '1,2', '[]'].map(text => ({ what: `"${text}"`, text })) : []
  return [...texts, ...more]
    .filter(({ text }) => place !== 'path' || text !== '')
    .filter(({ text }) => text.isWellFormed() && (place !== 'header' || !text.includes('\0')))
    .map(({ what, text }) =>
      place === 'header' ? withHeader(target, name, what, text) : withAddress(target, place, name, what, text),
    )
    .concat(place === 'header' ? headerTexts(name).map(text => withHeader(target, name, `"${text}"`, text)) : [])
}

const isNumeric = (schema: Schema): boolean => typesOf(schema).some(type => type === 'integer' || type === 'number')

/** No list of ETags, or no idempotency key. */
const headerTexts = (name: string): readonly string[] => [
  'no tag',
  '"a" "b"',
  ...(name.startsWith('if-') ? ['"half'] : []),
]

const withAddress = (
  target: Target,
  place: 'path' | 'query',
  name: string,
  what: string,
  text: string,
): WrongInput => ({
  ...goodRequest(target, place === 'path' ? { [name]: text } : {}, place === 'query' ? { [name]: text } : {}),
  what: `${place} "${name}": ${what}`,
  field: text.length >= LONG ? null : name,
})

const withHeader = (target: Target, name: string, what: string, text: string): WrongInput => {
  const good = goodRequest(target)
  return { ...good, headers: { ...good.headers, [name]: text }, what: `header "${name}": ${what}`, field: name }
}

const goodRequest = (
  { method, path, operation, samples }: Target,
  inPath: Readonly<Record<string, string>> = {},
  inQuery: Readonly<Record<string, string>> = {},
): Pick<WrongInput, 'method' | 'path' | 'headers' | 'body'> => {
  const address = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(inPath[name] ?? JSON.parse(samples[name] ?? '"x"')),
  )
  const query = new URLSearchParams(inQuery).toString()
  const content = operation.requestBody?.content
  const mediaType = content && (Object.keys(content)[0] ?? '')
  return {
    method,
    path: query === '' ? address : `${address}?${query}`,
    headers: mediaType === undefined ? {} : { 'content-type': mediaType },
    body: content && mediaType ? writeObject(goodMembers(content[mediaType]?.schema ?? {}, samples)) : undefined,
  }
}

/** Needed where nothing else is in its place, which the document does not say. */
const USUAL = ['image']

const goodMembers = ({ required = [], properties = {} }: Schema, samples: Samples): Record<string, string> => {
  const names = new Set([...required, ...USUAL.filter(name => name in properties)])
  return Object.fromEntries([...names].map(name => [name, samples[name] ?? '"x"']))
}

const writeObject = (members: Readonly<Record<string, string>>): string =>
  `{${Object.entries(members)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(',')}}`

const NO_OBJECTS = ['5', '"text"', 'true', '[]', '[{}]']

const wrongBodies = (target: Target, mediaType: string, schema: Schema): readonly WrongInput[] => {
  const send = (what: string, body: string, field: string | null): WrongInput => ({
    ...goodRequest(target),
    headers: { 'content-type': mediaType },
    body,
    what: `body: ${what}`,
    field,
  })
  const good = goodMembers(schema, target.samples)
  return [
    ...NO_OBJECTS.map(json => send(json, json, null)),
    ...wrongMembers(schema, good).map(({ what, json, field }) => send(what, json, field)),
  ]
}

/** An object with one member wrong, missing or unknown, also inside of its members. */
const wrongMembers = (
  schema: Schema,
  good: Readonly<Record<string, string>>,
): readonly (WrongValue & { readonly field: string })[] => {
  const properties = Object.entries(schema.properties ?? {})
  const missing = (schema.required ?? []).map(name => {
    const { [name]: _, ...rest } = good
    return { what: `without "${name}"`, json: writeObject(rest), field: name }
  })
  const unknown = ['colour', 'constructor', 'toString', ' image'].map(name => ({
    what: `with an unknown "${name}"`,
    json: writeObject({ ...good, [name]: '"x"' }),
    field: name,
  }))
  const wrong = properties.flatMap(([name, property]) => [
    ...wrongValues(property).map(({ what, json }) => ({
      what: `"${name}": ${what.slice(0, 60)}`,
      json: writeObject({ ...good, [name]: json }),
      field: name,
    })),
    ...(property.properties ? wrongMembers(property, {}) : []).map(({ what, json, field }) => ({
      what: `"${name}" ${what}`,
      json: writeObject({ ...good, [name]: json }),
      field,
    })),
  ])
  return [...missing, ...unknown, ...wrong]
}

/** A form's parts are texts, read as JSON where they are JSON; an id is a text whatever it looks like. */
const wrongForms = (target: Target, schema: Schema): readonly WrongInput[] => {
  const good = goodMembers(schema, target.samples)
  const send = (what: string, members: Readonly<Record<string, string>>, field: string): WrongInput => {
    const form = new FormData()
    for (const [name, json] of Object.entries(members)) form.set(name, json.startsWith('"') ? JSON.parse(json) : json)
    return { ...goodRequest(target), headers: {}, body: form, what: `form: ${what}`, field }
  }
  const isSent = ({ json }: WrongValue): boolean => !json.includes('\\u') && !json.startsWith('"')
  return [
    ...Object.keys(good).map(name => {
      const { [name]: _, ...rest } = good
      return send(`without "${name}"`, { subjectId: '"x"', ...rest }, name)
    }),
    send('with an unknown field', { ...good, colour: '"x"' }, 'colour'),
    ...Object.entries(schema.properties ?? {})
      .filter(([name, { format }]) => format !== 'binary' && name !== 'subjectId')
      .flatMap(([name, property]) =>
        wrongValues(property)
          .filter(isSent)
          .map(({ what, json }) => send(`"${name}": ${what.slice(0, 60)}`, { ...good, [name]: json }, name)),
      ),
  ]
}
