// All that the page says, by its place. Every language fills this type, so a missing sentence does not compile.
import type { Hint } from '../logic/guidance.ts'
import type { CameraTrouble, DeadEnd } from '../logic/page.ts'
import type { Challenge, Finding, Purpose, Reason } from '../words.ts'

export interface Catalogue {
  /** Of the document and at the top of the page. */
  readonly title: string
  /** Label of the choice of languages. */
  readonly language: string
  readonly loading: string
  /** While the line is down. */
  readonly waiting: string
  readonly introHeading: Readonly<Record<Purpose, string>>
  /** In the place of the above after a reload. */
  readonly introAgain: string
  /** What will happen and how to prepare. */
  readonly introPoints: readonly [oval: string, light: string, bare: string]
  readonly introMovements: string
  /** What becomes of the pictures. */
  readonly privacyHeading: string
  readonly privacy: Readonly<Record<Purpose, string>>
  readonly privacyKept: string
  readonly start: string
  readonly resume: string
  readonly upload: string
  readonly uploadUnreadable: string
  readonly uploading: string
  readonly permissionHeading: string
  readonly permissionText: string
  readonly cameraTroubles: Readonly<Record<CameraTrouble, { readonly heading: string; readonly text: string }>>
  readonly openSecure: string
  /** What a browser says of a certificate that the server made for itself. */
  readonly secureWarning: string
  readonly tryAgain: string
  readonly leave: string
  readonly leftHeading: string
  readonly leftText: string
  readonly captureHeading: string
  /** For who cannot see the video. */
  readonly cameraView: string
  readonly preparing: string
  readonly placeFace: string
  readonly hints: Readonly<Record<Hint, string>>
  readonly takePicture: string
  readonly step: (number: number, of: number) => string
  readonly challenges: Readonly<Record<Challenge, string>>
  readonly moved: string
  readonly sending: string
  readonly cancel: string
  readonly judgingHeading: string
  readonly judgingText: string
  readonly failedHeading: string
  readonly failedText: string
  readonly finish: string
  readonly passedHeading: string
  readonly passedText: string
  readonly overHeading: string
  readonly overText: string
  readonly expiredHeading: string
  readonly expiredText: string
  readonly returning: string
  readonly returnNow: string
  readonly closePage: string
  readonly deadEnds: Readonly<Record<DeadEnd, { readonly heading: string; readonly text: string }>>
  readonly reasons: Readonly<Record<Reason, string>>
  readonly findings: Readonly<Record<Finding, string>>
}
