// Which language the page speaks, and the sentences of a reason in it. Pure; loading is load.ts.
import { FINDINGS, LANGUAGES, type Language, REASONS } from '../words.ts'
import type { Catalogue } from './catalogue.ts'

/** By their own names. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  id: 'Bahasa Indonesia',
  th: 'ไทย',
  vi: 'Tiếng Việt',
  fil: 'Filipino',
  ms: 'Bahasa Melayu',
  es: 'Español',
}

/** Codes that browsers use for the same languages. */
const ALIASES: Readonly<Record<string, Language>> = { tl: 'fil', in: 'id' }

/** The first wish that the page speaks; English where it speaks none. */
export const chooseLanguage = (wishes: readonly (string | null)[]): Language => {
  for (const wish of wishes) {
    const [code = ''] = (wish ?? '').toLowerCase().split(/[-_]/)
    const known = ALIASES[code] ?? LANGUAGES.find(language => language === code)
    if (known) return known
  }
  return 'en'
}

/** What a person can do about each reason, every sentence once; an unknown name gets the general one. */
export const sentencesOf = (catalogue: Catalogue, reasons: readonly { readonly name: string }[]): readonly string[] => [
  ...new Set(reasons.map(({ name }) => sentenceOf(catalogue, name))),
]

const sentenceOf = (catalogue: Catalogue, name: string): string => {
  const reason = REASONS.find(each => each === name)
  if (reason) return catalogue.reasons[reason]
  const finding = FINDINGS.find(each => each === name)
  return finding ? catalogue.findings[finding] : catalogue.reasons.picture_unusable
}
