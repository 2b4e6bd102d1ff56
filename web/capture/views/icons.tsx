// The page's few pictures, drawn as SVG. All are decoration: the words beside them say the same.
import type { ComponentChildren } from 'preact'
import type { Challenge } from '../words.ts'

interface IconProps {
  readonly kind: 'good' | 'bad' | 'camera' | 'face'
}

export const Icon = ({ kind }: IconProps) => (
  <svg class={`icon icon-${kind}`} viewBox="0 0 48 48" aria-hidden="true" focusable="false">
    {SHAPES[kind]}
  </svg>
)

const SHAPES: Readonly<Record<IconProps['kind'], ComponentChildren>> = {
  good: (
    <>
      <circle cx="24" cy="24" r="20" />
      <path d="M15 25l6 6 12-13" />
    </>
  ),
  bad: (
    <>
      <circle cx="24" cy="24" r="20" />
      <path d="M24 14v13M24 33v.5" />
    </>
  ),
  camera: (
    <>
      <path d="M6 15h8l4-5h12l4 5h8v23H6z" />
      <circle cx="24" cy="26" r="7" />
    </>
  ),
  face: (
    <>
      <path d="M6 15V6h9M33 6h9v9M42 33v9h-9M15 42H6v-9" />
      <ellipse cx="24" cy="24" rx="10" ry="13" />
      <path d="M20 21v.5M28 21v.5M20 29q4 3 8 0" />
    </>
  ),
}

/** A moving sign of what to do; still for those who want no motion. Left and right are as in a mirror. */
export const MovementSign = ({ challenge }: { readonly challenge: Challenge }) => (
  <svg class={`sign sign-${challenge}`} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
    {SIGNS[challenge]}
  </svg>
)

const SIGNS: Readonly<Record<Challenge, ComponentChildren>> = {
  turn_left: <path class="sign-moving" d="M46 16q-18-6-28 14M30 32l-13-1-2-13" />,
  turn_right: <path class="sign-moving" d="M18 16q18-6 28 14M34 32l13-1 2-13" />,
  nod: <path class="sign-moving" d="M32 12v36M20 37l12 12 12-12" />,
  blink: (
    <>
      <path class="sign-open" d="M8 32q24-24 48 0q-24 24-48 0z" />
      <circle class="sign-open" cx="32" cy="32" r="7" />
      <path class="sign-closed" d="M8 32q24 20 48 0M16 40l-4 6M32 44v7M48 40l4 6" />
    </>
  ),
  smile: (
    <>
      <path d="M22 22v1M42 22v1" />
      <path class="sign-moving" d="M16 36q16 18 32 0" />
    </>
  ),
}
