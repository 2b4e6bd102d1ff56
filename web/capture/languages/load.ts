// Fetches a language's sentences when they are wanted. English is always there, so that the page is never without words.
import type { Language } from '../words.ts'
import type { Catalogue } from './catalogue.ts'
import { catalogue as english } from './en.ts'

const LOADERS: Readonly<Record<Exclude<Language, 'en'>, () => Promise<{ readonly catalogue: Catalogue }>>> = {
  id: () => import('./id.ts'),
  th: () => import('./th.ts'),
  vi: () => import('./vi.ts'),
  fil: () => import('./fil.ts'),
  ms: () => import('./ms.ts'),
  es: () => import('./es.ts'),
}

export const ENGLISH = english

/** @throws where the file cannot be fetched */
export const loadCatalogue = async (language: Language): Promise<Catalogue> =>
  language === 'en' ? english : (await LOADERS[language]()).catalogue
