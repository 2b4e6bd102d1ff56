// The lists that the page repeats are the server's, and every language says something of its own for each.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Catalogue } from './languages/catalogue.ts'
import { chooseLanguage, sentencesOf } from './languages/choose.ts'
import { loadCatalogue } from './languages/load.ts'
import { CHALLENGES, FINDINGS, LANGUAGES, PURPOSES, REASONS } from './words.ts'

/** The page never imports the server's code; this test alone looks there, at run time. */
const fromServer = (path: string): Promise<Record<string, readonly string[]>> =>
  import(new URL(`../../server/src/core/${path}`, import.meta.url).href)

it("repeats the server's words", async () => {
  const types = await fromServer('session-types.ts')
  const findings = await fromServer('findings.ts')
  assert.deepEqual([...LANGUAGES], types.SESSION_LANGUAGES)
  assert.deepEqual([...CHALLENGES], types.CHALLENGES)
  assert.deepEqual([...PURPOSES], types.SESSION_PURPOSES)
  assert.deepEqual([...REASONS], types.SESSION_REASONS)
  assert.deepEqual([...FINDINGS], [...(findings.FINDINGS ?? []), 'severalFaces'])
})

const sentencesIn = (value: unknown, path: string): [string, string][] => {
  if (typeof value === 'function') return [[path, value(1, 3)]]
  if (typeof value === 'string') return [[path, value]]
  return Object.entries(value as object).flatMap(([key, inner]) => sentencesIn(inner, `${path}.${key}`))
}

const catalogueOf = async (language: (typeof LANGUAGES)[number]): Promise<[string, string][]> =>
  sentencesIn((await loadCatalogue(language)) satisfies Catalogue, language)

it('has no empty sentence and leaves nothing in English', async () => {
  const english = new Map((await catalogueOf('en')).map(([path, text]) => [path.slice(3), text]))
  for (const language of LANGUAGES) {
    const sentences = await catalogueOf(language)
    assert.equal(sentences.length, english.size, language)
    for (const [path, text] of sentences) {
      assert.ok(text.trim().length > 1, path)
      assert.equal(text, text.trim(), path)
      if (language !== 'en') assert.notEqual(text, english.get(path.slice(language.length + 1)), path)
    }
  }
})

it('chooses the first language that it speaks', () => {
  assert.equal(chooseLanguage(['th', 'en-GB']), 'th')
  assert.equal(chooseLanguage([null, 'de-DE', 'es-419', 'en']), 'es')
  assert.equal(chooseLanguage([null, 'tl-PH']), 'fil')
  assert.equal(chooseLanguage([null, 'in']), 'id')
  assert.equal(chooseLanguage(['zz_ZZ']), 'en')
  assert.equal(chooseLanguage([]), 'en')
})

it('says each sentence once, and a general one of what it does not know', async () => {
  const english = await loadCatalogue('en')
  const sentences = sentencesOf(english, [
    { name: 'blur' },
    { name: 'headSize' },
    { name: 'interEyeDistance' },
    { name: 'x' },
  ])
  assert.deepEqual(sentences, [english.findings.blur, english.findings.headSize, english.reasons.picture_unusable])
})
