// The reference of this protocol's actions as a page at /docs/alibaba, which signs and sends calls from the browser. Nothing
// on it comes from elsewhere, and keys stay in the page.
import type { FastifyInstance } from 'fastify'
import { type DescribedAction, type DescribedParameter, describeActions, makeDocument, NAME } from './document.ts'
import { CODES } from './errors.ts'
import { renderScript } from './reference-script.ts'

const PATH = '/docs/alibaba'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export const addReferencePage = (app: FastifyInstance, version: string): void => {
  const document = makeDocument(version)
  app.get(`/openapi/${NAME}.json`, { schema: { hide: true } }, async () => document)
  const files = [
    ['', 'text/html; charset=utf-8', renderPage()],
    ['/script.js', 'text/javascript; charset=utf-8', renderScript()],
    ['/style.css', 'text/css; charset=utf-8', STYLE],
  ] as const
  for (const [path, type, content] of files)
    app.get(PATH + path, { schema: { hide: true } }, async (_request, reply) =>
      reply.headers({ 'content-security-policy': POLICY }).type(type).send(content),
    )
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, each => ENTITIES[each])

const renderPage = (): string => {
  const actions = describeActions()
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Likeness: Alibaba Cloud face groups</title>
<link rel="stylesheet" href="${PATH}/style.css">
<main>
<h1>Alibaba Cloud face groups</h1>
<p>Every action that this server speaks, signed in this page and sent to this server. A pair of keys: <code>npx likeness credentials create --protocol alibaba</code>. The same as a document: <a href="/openapi/${NAME}.json">OpenAPI</a>. All other calls: <a href="/docs">the native API</a>.</p>
<p id="insecure" class="warning" hidden>Browsers sign only on HTTPS or localhost: open this page by https.</p>
<fieldset id="keys"><legend>Keys</legend>
<label>AccessKeyId <input name="accessKeyId" autocomplete="off" spellcheck="false"></label>
<label>AccessKeySecret <input name="accessKeySecret" type="password" autocomplete="off"></label>
<label>SecurityToken <input name="securityToken" type="password" autocomplete="off" placeholder="of temporary keys only"></label>
</fieldset>
<nav><ul>${actions.map(({ name }) => `<li><a href="#${name}">${name}</a>`).join('')}</ul></nav>
${actions.map(renderAction).join('\n')}
<section><h2 id="codes">Codes</h2><table><tr><th>status<th>code</tr>
${Object.entries(CODES)
  .map(([code, status]) => `<tr id="${code}"><td>${status}<td><code>${code}</code></tr>`)
  .join('\n')}
</table></section>
</main>
<script src="${PATH}/script.js"></script>
</html>
`
}

const renderAction = ({ name, version, summary, parameters, answer }: DescribedAction): string => `<section>
<h2 id="${name}">${name}</h2>
<p>${escapeHtml(summary)}. Version ${version}.</p>
<details><summary>Try it</summary>
<form data-action="${name}" data-version="${version}">
<table><tr><th>parameter<th>in<th>value</tr>
${parameters.map(renderParameter).join('\n')}
</table>
<button>Sign and send</button>
<output aria-live="polite"></output>
</form></details>
<pre>${escapeHtml(JSON.stringify(answer, null, 2))}</pre>
</section>`

const renderParameter = (parameter: DescribedParameter): string => {
  const { name, isRequired, place } = parameter
  const label = `${name}${isRequired ? ' <abbr title="mandatory">*</abbr>' : ''}`
  const file = /Picture(Base64)?$/.test(name)
    ? ` <input type="file" name="${name}" data-place="${place}" aria-label="${name} as a file" accept="image/jpeg,image/png">`
    : ''
  return `<tr><td>${label}<td>${place}<td>${renderInput(parameter)}${file}</tr>`
}

/** What must be one of a few values is the first of them; what may be left out begins empty. */
const renderInput = ({ name, isRequired, place, schema }: DescribedParameter): string => {
  const at = `name="${name}" data-place="${place}" aria-label="${name}"`
  const { enum: values, default: byDefault } = schema
  if (!Array.isArray(values)) return `<input ${at} spellcheck="false">`
  const options = values.map(value => `<option${value === byDefault ? ' selected' : ''}>${escapeHtml(String(value))}`)
  return `<select ${at}>${byDefault === undefined && !isRequired ? '<option>' : ''}${options.join('')}</select>`
}

const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; max-width: 100%; overflow-wrap: anywhere; }
td, th { padding: .2rem .6rem .2rem 0; text-align: left; vertical-align: top; }
nav ul { columns: 14rem; }
pre, output { display: block; overflow: auto; padding: .6rem; white-space: pre-wrap; background: color-mix(in srgb, currentColor 8%, transparent); }
output:empty { display: none; }
fieldset label { display: block; }
input, select { width: 16rem; max-width: 100%; box-sizing: border-box; }
.warning { color: #b00020; }
`
