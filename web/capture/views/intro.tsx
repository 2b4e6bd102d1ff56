// What will happen, how to prepare, what becomes of the pictures, and the button that starts it.
import type { SessionView } from '../words.ts'
import { Icon } from './icons.tsx'
import { Button, Card, UploadButton, type ViewProps } from './parts.tsx'

interface IntroProps extends ViewProps {
  readonly session: SessionView
  readonly isAgain: boolean
  readonly isFileUnreadable: boolean
}

export const IntroView = ({ words, conductor, session, isAgain, isFileUnreadable }: IntroProps) => (
  <Card heading={isAgain ? words.introAgain : words.introHeading[session.purpose]} icon={<Icon kind="face" />}>
    <ol class="points">
      {words.introPoints.map(point => (
        <li key={point}>{point}</li>
      ))}
      {session.liveness !== 'passive' && <li>{words.introMovements}</li>}
    </ol>
    <section class="privacy">
      <h2 class="subheading">{words.privacyHeading}</h2>
      <p>
        {words.privacy[session.purpose]} {words.privacyKept}
      </p>
    </section>
    <div class="actions">
      <Button onPress={conductor.startCamera}>{isAgain ? words.resume : words.start}</Button>
      {session.uploadAllowed && (
        <UploadButton words={words} conductor={conductor} isFileUnreadable={isFileUnreadable} />
      )}
    </div>
  </Card>
)
