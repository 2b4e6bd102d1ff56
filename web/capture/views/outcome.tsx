// How a try, or the whole session, has ended, and where to go from there.
import { isToldOf } from '../device/farewell.ts'
import { sentencesOf } from '../languages/choose.ts'
import { safeReturn } from '../logic/ending.ts'
import type { SessionView } from '../words.ts'
import { Icon } from './icons.tsx'
import { Button, Card, UploadButton, type ViewProps } from './parts.tsx'

interface OutcomeProps extends ViewProps {
  readonly session: SessionView
}

interface FailedProps extends OutcomeProps {
  readonly isFileUnreadable: boolean
}

export const FailedView = ({ words, conductor, session, isFileUnreadable }: FailedProps) => (
  <Card heading={words.failedHeading} icon={<Icon kind="bad" />}>
    <Reasons words={words} conductor={conductor} session={session} />
    <div class="actions">
      {session.canRetry && <Button onPress={conductor.startCamera}>{words.tryAgain}</Button>}
      {session.canRetry && session.uploadAllowed && (
        <UploadButton words={words} conductor={conductor} isFileUnreadable={isFileUnreadable} />
      )}
      <Button kind={session.canRetry ? 'second' : 'first'} onPress={conductor.finish}>
        {words.finish}
      </Button>
    </div>
  </Card>
)

export const OverView = (props: OutcomeProps) => {
  const { words, session } = props
  if (session.state === 'expired') {
    return (
      <Card heading={words.expiredHeading} icon={<Icon kind="bad" />}>
        <p class="text">{words.expiredText}</p>
        <WayBack {...props} />
      </Card>
    )
  }
  const hasPassed = session.state === 'passed'
  return (
    <Card
      heading={hasPassed ? words.passedHeading : words.overHeading}
      icon={<Icon kind={hasPassed ? 'good' : 'bad'} />}
    >
      <p class="text">{hasPassed ? words.passedText : words.overText}</p>
      {!hasPassed && <Reasons {...props} />}
      <WayBack {...props} />
    </Card>
  )
}

const Reasons = ({ words, session }: OutcomeProps) => {
  const sentences = sentencesOf(words, session.reasons)
  return sentences.length === 0 ? null : (
    <section>
      {!session.ended && <h2 class="subheading">{words.failedText}</h2>}
      <ul class="points">
        {sentences.map(sentence => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  )
}

const WayBack = ({ words, session }: OutcomeProps) => {
  if (isToldOf(session)) return null
  const address = safeReturn(session.returnUrl)
  if (address === null) return <p class="text">{words.closePage}</p>
  return (
    <>
      <p class="text">{words.returning}</p>
      <a class="button button-first" href={address}>
        {words.returnNow}
      </a>
    </>
  )
}
