// The views that only say something: waiting, the browser's question, a link that leads nowhere, stopped.
import type { DeadEnd } from '../logic/page.ts'
import { Icon } from './icons.tsx'
import { Button, Card, type ViewProps } from './parts.tsx'

export const WaitingView = ({ heading, text }: ViewProps & { readonly heading: string; readonly text?: string }) => (
  <Card heading={heading} icon={<div class="spinner" aria-hidden="true" />}>
    {text && <p class="text">{text}</p>}
  </Card>
)

export const PermissionView = ({ words }: ViewProps) => (
  <Card heading={words.permissionHeading} icon={<Icon kind="camera" />}>
    <p class="text">{words.permissionText}</p>
  </Card>
)

export const DeadEndView = ({ words, conductor, reason }: ViewProps & { readonly reason: DeadEnd }) => {
  const { heading, text } = words.deadEnds[reason]
  return (
    <Card heading={heading} icon={<Icon kind="bad" />}>
      <p class="text">{text}</p>
      {reason === 'broken' && (
        <div class="actions">
          <Button onPress={conductor.open}>{words.tryAgain}</Button>
        </div>
      )}
    </Card>
  )
}

export const LeftView = ({ words, conductor }: ViewProps) => (
  <Card heading={words.leftHeading}>
    <p class="text">{words.leftText}</p>
    <div class="actions">
      <Button kind="second" onPress={conductor.open}>
        {words.resume}
      </Button>
    </div>
  </Card>
)
