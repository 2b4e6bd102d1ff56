// Reads the part of XML that OpenVINO writes its networks in: elements, attributes, plain text in elements without
// children. Document types, CDATA, processing instructions but the first, and unknown entities are refused, not skipped.
import { corruptDownload } from '../download-errors.ts'

export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** What stands between the tags of an element without children. */
  readonly text: string
}

interface OpenElement extends XmlElement {
  readonly attributes: Map<string, string>
  readonly children: XmlElement[]
  text: string
}

const NAME = String.raw`[A-Za-z_][\w.:-]*`
const VALUE = `(?:"[^"<]*"|'[^'<]*')`
/** A declaration, a comment, an end tag, a start tag with its attributes, or text. */
const TOKEN = new RegExp(
  String.raw`\s*(?:(?<declaration><\?xml\s[^<>]*\?>)|<!--(?:(?!--)[\s\S])*-->|</(?<ended>${NAME})\s*>|` +
    String.raw`<(?<started>${NAME})(?<attributes>(?:\s+${NAME}\s*=\s*${VALUE})*)\s*(?<empty>/?)>|(?<text>[^<>\s][^<>]*))`,
  'y',
)
const ATTRIBUTE = new RegExp(String.raw`(${NAME})\s*=\s*(${VALUE})`, 'g')
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
/** Networks nest eight deep. */
const MAX_DEPTH = 32

/** The document's element. Throws `pack_source_corrupt` that names the character where it stops being understood. */
export function readXml(text: string, path: string): XmlElement {
  const document = createElement('')
  const open = [document]
  const token = new RegExp(TOKEN)
  const end = text.trimEnd().length
  while (token.lastIndex < end) {
    const at = token.lastIndex
    const found = token.exec(text)?.groups
    const problem = found ? take(found, open, at === 0) : 'something else than a tag'
    if (problem !== undefined) throw corruptDownload(path, `is not the XML of a network: ${problem} at character ${at}`)
  }
  const [root, second] = document.children
  if (open.length === 1 && root && !second) return root
  throw corruptDownload(path, 'is not the XML of a network: it has not one element, closed')
}

function createElement(name: string): OpenElement {
  return { name, attributes: new Map(), children: [], text: '' }
}

/** Adds one token to the elements that are open. Returns what is wrong with it, if anything is. */
function take(found: Record<string, string | undefined>, open: OpenElement[], isFirst: boolean): string | undefined {
  const { declaration, ended, started, attributes = '', empty, text } = found
  const current = open.at(-1)!
  if (declaration !== undefined) return isFirst ? undefined : 'a late declaration'
  if (ended !== undefined) return open.length > 1 && open.pop()!.name === ended ? undefined : `</${ended}> out of place`
  if (text !== undefined) return addText(current, text, open.length > 1)
  if (started === undefined) return undefined
  if (current.text !== '') return `<${started}> beside text`
  const element = createElement(started)
  current.children.push(element)
  if (empty === '') open.push(element)
  if (open.length > MAX_DEPTH) return `more than ${MAX_DEPTH} elements within each other`
  return addAttributes(element, attributes)
}

function addText(element: OpenElement, text: string, mayHaveText: boolean): string | undefined {
  if (!mayHaveText || element.children.length > 0) return 'text out of place'
  const decoded = decode(text.trim())
  element.text += decoded ?? ''
  return decoded === undefined ? 'an unknown entity' : undefined
}

function addAttributes(element: OpenElement, text: string): string | undefined {
  for (const [, name, quoted] of text.matchAll(ATTRIBUTE)) {
    const value = decode(quoted!.slice(1, -1))
    if (value === undefined) return 'an unknown entity'
    if (element.attributes.has(name!)) return `two attributes ${name}`
    element.attributes.set(name!, value)
  }
  return undefined
}

/** Undefined where an ampersand begins anything but one of the five named entities. */
function decode(text: string): string | undefined {
  if (/&(?!(?:lt|gt|amp|quot|apos);)/.test(text)) return undefined
  return text.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name]!)
}

/** The only child of that name. Throws `pack_source_corrupt` where there is none, or several. */
export function childOf(element: XmlElement, name: string, path: string): XmlElement {
  const found = element.children.filter(child => child.name === name)
  if (found.length === 1) return found[0]!
  throw corruptDownload(path, `has ${found.length} elements <${name}> in <${element.name}> where one was expected`)
}

/** An attribute that must be there. */
export function attributeOf(element: XmlElement, name: string, path: string): string {
  const value = element.attributes.get(name)
  if (value !== undefined) return value
  throw corruptDownload(path, `has an element <${element.name}> without the attribute ${name}`)
}
