// Makes the generated OpenAPI document what a reader and a code generator expect. Pure: JSON in, JSON out.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type JsonObject = { [key: string]: Json }

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const PROBLEM = '#/components/schemas/Problem'
const SCHEMAS = '#/components/schemas/'
/** Generators of schemas name the form that is read "…Input" beside the form that is written. */
const INPUT = 'Input'

/**
 * Problems get their media type, multipart bodies a binary part for each picture, whole numbers lose the bounds that only
 * say "safe integer", and of the input and output twin of a schema only what is used stays, under one name where it can.
 */
export const tidyDocument = (document: JsonObject): JsonObject => {
  const tidied = visit(structuredClone(document))
  return isObject(tidied) ? nameSchemas(tidied) : document
}

const visit = (node: Json): Json => {
  if (Array.isArray(node)) return node.map(visit)
  if (!isObject(node)) return node
  const result = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, visit(value)]))
  if (result.minimum === Number.MIN_SAFE_INTEGER) delete result.minimum
  if (result.maximum === Number.MAX_SAFE_INTEGER) delete result.maximum
  if (isObject(result.content)) result.content = tidyContent(result.content)
  return result
}

const tidyContent = (content: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(content).map(([mediaType, entry]) => {
      const schema = isObject(entry) && isObject(entry.schema) ? entry.schema : {}
      return [schema.$ref === PROBLEM ? 'application/problem+json' : mediaType, entry]
    }),
  )

/** Drops unused schemas, and the "Input" of a name whose output twin nobody uses. */
const nameSchemas = (document: JsonObject): JsonObject => {
  const components = isObject(document.components) ? document.components : {}
  const schemas = isObject(components.schemas) ? components.schemas : {}
  const used = reachable(document, schemas)
  const names = new Map(
    [...used].map(name => [
      name,
      name.endsWith(INPUT) && !used.has(name.slice(0, -INPUT.length)) ? name.slice(0, -INPUT.length) : name,
    ]),
  )
  const kept = Object.fromEntries(
    [...names].sort(([one], [other]) => (one < other ? -1 : 1)).map(([from, to]) => [to, schemas[from]]),
  )
  const renamed = rename({ ...document, components: { ...components, schemas: kept } }, names)
  return isObject(renamed) ? splitMultipart(renamed) : document
}

const refsOf = (node: Json): string[] => {
  if (Array.isArray(node)) return node.flatMap(refsOf)
  if (!isObject(node)) return []
  const own = typeof node.$ref === 'string' && node.$ref.startsWith(SCHEMAS) ? [node.$ref.slice(SCHEMAS.length)] : []
  return [...own, ...Object.values(node).flatMap(refsOf)]
}

const reachable = (document: JsonObject, schemas: JsonObject): Set<string> => {
  const used = new Set<string>()
  const queue = refsOf(document.paths ?? {})
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (used.has(name)) continue
    used.add(name)
    queue.push(...refsOf(schemas[name] ?? {}))
  }
  return used
}

const rename = (node: Json, names: ReadonlyMap<string, string>): Json => {
  if (Array.isArray(node)) return node.map(each => rename(each, names))
  if (!isObject(node)) return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key !== '$ref' || typeof value !== 'string') return [key, rename(value, names)]
      const name = value.slice(SCHEMAS.length)
      return [key, SCHEMAS + (names.get(name) ?? name)]
    }),
  )
}

/** A multipart body sends the file itself where the JSON body sends base64. */
const splitMultipart = (document: JsonObject): JsonObject => {
  const components = document.components as JsonObject
  const schemas = components.schemas as JsonObject
  for (const path of Object.values(document.paths as JsonObject))
    for (const operation of Object.values(path as JsonObject)) {
      const content = isObject(operation) && isObject(operation.requestBody) ? operation.requestBody.content : undefined
      if (!isObject(content) || !isObject(content['multipart/form-data'])) continue
      const { $ref } = (content['multipart/form-data'] as { schema: { $ref: string } }).schema
      const source = schemas[$ref.slice(SCHEMAS.length)] as { properties: JsonObject }
      const properties = Object.fromEntries(
        Object.entries(source.properties).map(([name, property]) => [
          name,
          /^image\d?$/.test(name) ? { type: 'string', format: 'binary' } : property,
        ]),
      )
      content['multipart/form-data'] = { schema: { ...source, properties } }
    }
  return document
}
