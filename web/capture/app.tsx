// The page around the views: title, language, the notice of a bad line, and which view is shown.
import type { ComponentChild } from 'preact'
import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import type { Conductor } from './conductor.ts'
import type { Catalogue } from './languages/catalogue.ts'
import { chooseLanguage, LANGUAGE_NAMES } from './languages/choose.ts'
import { ENGLISH, loadCatalogue } from './languages/load.ts'
import type { Page } from './logic/page.ts'
import { CameraTroubleView } from './views/camera-trouble.tsx'
import { CaptureView } from './views/capture.tsx'
import { IntroView } from './views/intro.tsx'
import { FailedView, OverView } from './views/outcome.tsx'
import { DeadEndView, LeftView, PermissionView, WaitingView } from './views/plain.tsx'
import { LANGUAGES, type Language } from './words.ts'

export const App = ({ conductor }: { readonly conductor: Conductor }) => {
  const page = usePage(conductor)
  const { language, words, choose } = useLanguage(page.session?.language ?? null)
  useEffect(() => {
    document.documentElement.dataset.scheme = page.session?.colourScheme ?? 'auto'
  }, [page.session?.colourScheme])
  return (
    <>
      <header class="header">
        <p class="header-title">{words.title}</p>
        <LanguageChoice label={words.language} language={language} choose={choose} />
      </header>
      <div class="notice-place" role="status">
        {page.isWaiting && <p class="notice">{words.waiting}</p>}
      </div>
      <main class="main">{viewOf(page, words, conductor)}</main>
    </>
  )
}

const viewOf = (page: Page, words: Catalogue, conductor: Conductor): ComponentChild => {
  const { view, session } = page
  const props = { words, conductor, key: view.name }
  switch (view.name) {
    case 'loading':
      return <WaitingView {...props} heading={words.loading} />
    case 'dead_end':
      return <DeadEndView {...props} reason={view.reason} />
    case 'intro':
      return (
        session && (
          <IntroView {...props} session={session} isAgain={view.isAgain} isFileUnreadable={page.isFileUnreadable} />
        )
      )
    case 'permission':
      return <PermissionView {...props} />
    case 'camera_trouble':
      return (
        session && (
          <CameraTroubleView
            {...props}
            trouble={view.trouble}
            session={session}
            isFileUnreadable={page.isFileUnreadable}
          />
        )
      )
    case 'left':
      return <LeftView {...props} />
    case 'capture':
      return session && <CaptureView {...props} scene={view.scene} step={view.step} session={session} />
    case 'upload':
      return <WaitingView {...props} heading={words.uploading} />
    case 'judging':
      return <WaitingView {...props} heading={words.judgingHeading} text={words.judgingText} />
    case 'failed':
      return session && <FailedView {...props} session={session} isFileUnreadable={page.isFileUnreadable} />
    case 'over':
      return session && <OverView {...props} session={session} />
  }
}

const usePage = (conductor: Conductor): Page => {
  const [page, setPage] = useState(conductor.page())
  useLayoutEffect(() => {
    const update = (): void => setPage(conductor.page())
    update()
    return conductor.subscribe(update)
  }, [conductor])
  return page
}

const useLanguage = (asked: string | null) => {
  const [chosen, setChosen] = useState<Language | null>(null)
  const language = chosen ?? chooseLanguage([asked, ...navigator.languages])
  const [spoken, setSpoken] = useState<{ language: Language; words: Catalogue }>({ language: 'en', words: ENGLISH })
  useEffect(() => {
    let isWanted = true
    loadCatalogue(language).then(
      words => isWanted && setSpoken({ language, words }),
      // Whatever is spoken now stays; the person can choose again.
      () => undefined,
    )
    return () => {
      isWanted = false
    }
  }, [language])
  useEffect(() => {
    document.documentElement.lang = spoken.language
    document.title = spoken.words.title
  }, [spoken])
  return { language, words: spoken.words, choose: setChosen }
}

interface LanguageChoiceProps {
  readonly label: string
  readonly language: Language
  readonly choose: (language: Language) => void
}

const LanguageChoice = ({ label, language, choose }: LanguageChoiceProps) => (
  <label class="language">
    <span class="unseen">{label}</span>
    <select
      class="language-select"
      value={language}
      onChange={({ currentTarget }) => choose(chooseLanguage([currentTarget.value]))}
    >
      {LANGUAGES.map(each => (
        <option key={each} value={each} lang={each}>
          {LANGUAGE_NAMES[each]}
        </option>
      ))}
    </select>
  </label>
)
