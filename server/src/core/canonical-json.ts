// One spelling for each JSON value, for hashes and signatures. Pure.

/**
 * JSON without spaces and with the keys of every object sorted by their UTF-16 code units, numbers and texts as
 * ECMAScript writes them: what RFC 8785 asks for. Keys whose value is undefined are left out.
 */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`)
  return `{${fields.join(',')}}`
}
