// Why there is no picture from the camera, and what the person can do about it.
import { type CameraTrouble, secureAddress } from '../logic/page.ts'
import type { SessionView } from '../words.ts'
import { Icon } from './icons.tsx'
import { Button, Card, UploadButton, type ViewProps } from './parts.tsx'

interface TroubleProps extends ViewProps {
  readonly trouble: CameraTrouble
  readonly session: SessionView
  readonly isFileUnreadable: boolean
}

export const CameraTroubleView = ({ words, conductor, trouble, session, isFileUnreadable }: TroubleProps) => {
  const { heading, text } = words.cameraTroubles[trouble]
  const isMendable = trouble !== 'insecure' && trouble !== 'unsupported'
  return (
    <Card heading={heading} icon={<Icon kind="bad" />}>
      <p class="text">{text}</p>
      {trouble === 'insecure' && <SecureLink words={words} conductor={conductor} />}
      <div class="actions">
        {isMendable && <Button onPress={conductor.startCamera}>{words.tryAgain}</Button>}
        {session.uploadAllowed && (
          <UploadButton words={words} conductor={conductor} isFileUnreadable={isFileUnreadable} />
        )}
        {isMendable && (
          <Button kind="second" onPress={conductor.leave}>
            {words.leave}
          </Button>
        )}
      </div>
    </Card>
  )
}

const SecureLink = ({ words }: ViewProps) => {
  const address = secureAddress(location.href)
  return (
    <>
      <p class="text">
        <a class="address" href={address}>
          {address}
        </a>
      </p>
      <a class="button button-first" href={address}>
        {words.openSecure}
      </a>
      <p class="small">{words.secureWarning}</p>
    </>
  )
}
