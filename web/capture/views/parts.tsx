// What several views are made of. Each view is one card whose heading takes the focus when it appears.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Conductor } from '../conductor.ts'
import type { Catalogue } from '../languages/catalogue.ts'

export interface ViewProps {
  readonly words: Catalogue
  readonly conductor: Conductor
}

interface CardProps {
  readonly heading: string
  readonly icon?: ComponentChildren
  readonly children?: ComponentChildren
}

export const Card = ({ heading, icon, children }: CardProps) => (
  <section class="card">
    {icon}
    <Heading text={heading} />
    {children}
  </section>
)

export const Heading = ({ text, isUnseen }: { readonly text: string; readonly isUnseen?: boolean }) => {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: false }), [])
  return (
    <h1 ref={heading} tabIndex={-1} class={isUnseen ? 'unseen' : 'heading'}>
      {text}
    </h1>
  )
}

interface ButtonProps {
  readonly children: ComponentChildren
  readonly onPress: () => unknown
  readonly kind?: 'first' | 'second'
}

export const Button = ({ children, onPress, kind = 'first' }: ButtonProps) => (
  <button type="button" class={`button button-${kind}`} onClick={() => void onPress()}>
    {children}
  </button>
)

interface UploadProps extends ViewProps {
  readonly isFileUnreadable: boolean
}

/** A picture from a file in the place of the camera. */
export const UploadButton = ({ words, conductor, isFileUnreadable }: UploadProps) => (
  <>
    <label class="button button-second">
      {words.upload}
      <input
        class="unseen"
        type="file"
        accept="image/*"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? []
          currentTarget.value = ''
          if (file) void conductor.upload(file)
        }}
      />
    </label>
    {isFileUnreadable && (
      <p class="trouble" role="alert">
        {words.uploadUnreadable}
      </p>
    )}
  </>
)
