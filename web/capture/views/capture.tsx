// The live picture in its oval, the one thing to do now, and how far the try has come.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Conductor } from '../conductor.ts'
import type { Catalogue } from '../languages/catalogue.ts'
import { OVAL_OF_STAGE } from '../logic/oval.ts'
import type { TryScene } from '../logic/try.ts'
import { CHALLENGES_PER_TRY, type SessionView } from '../words.ts'
import { MovementSign } from './icons.tsx'
import { Button, Heading, type ViewProps } from './parts.tsx'

interface CaptureProps extends ViewProps {
  readonly scene: TryScene
  readonly step: number
  readonly session: SessionView
}

/** When the button is offered although there is guidance: it may never be content with this face or this place. */
const PATIENCE_MS = 15_000
/** How long a detector that is still being fetched is waited for before the button is offered. */
const LOADING_PATIENCE_MS = 6000

export const CaptureView = ({ words, conductor, scene, step, session }: CaptureProps) => {
  const steps = 1 + (session.liveness === 'passive' ? 0 : CHALLENGES_PER_TRY)
  const current = Math.min(step + 1, steps)
  const isTakeOffered = useTakeOffer(conductor) && scene.phase === 'position'
  return (
    <section class="capture">
      <Heading text={words.captureHeading} isUnseen />
      <Stage words={words} conductor={conductor} scene={scene} />
      <div class="guide">
        {steps > 1 && (
          <div class="steps">
            <p class="small">{words.step(current, steps)}</p>
            <progress class="steps-bar" max={steps} value={current - 0.5} aria-hidden="true" />
          </div>
        )}
        <p class="hint" role="status" aria-live="polite">
          {sentenceOf(scene, words, isTakeOffered)}
        </p>
        <div class="actions">
          {isTakeOffered && <Button onPress={conductor.take}>{words.takePicture}</Button>}
          <Button kind="second" onPress={conductor.interrupt}>
            {words.cancel}
          </Button>
        </div>
      </div>
    </section>
  )
}

const sentenceOf = (scene: TryScene, words: Catalogue, isTakeOffered: boolean): string => {
  switch (scene.phase) {
    case 'position':
      if (scene.hint) return words.hints[scene.hint]
      return isTakeOffered ? words.placeFace : words.preparing
    case 'movement':
      return scene.hint ? words.hints[scene.hint] : words.challenges[scene.challenge]
    case 'moved':
      return words.moved
    case 'sending':
      return words.sending
  }
}

/** Whether the picture can be taken by hand: where nothing else takes it, or not for a long time. */
const useTakeOffer = (conductor: Conductor): boolean => {
  const hasDetector = conductor.hasDetector()
  const [isPatienceOver, setIsPatienceOver] = useState(false)
  useEffect(() => {
    setIsPatienceOver(false)
    const timer = setTimeout(() => setIsPatienceOver(true), hasDetector === true ? PATIENCE_MS : LOADING_PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [hasDetector])
  return hasDetector === false || isPatienceOver
}

const WIDTH = 300
const HEIGHT = 400
const oval = {
  cx: OVAL_OF_STAGE.x * WIDTH,
  cy: OVAL_OF_STAGE.y * HEIGHT,
  rx: (OVAL_OF_STAGE.width * WIDTH) / 2,
  ry: (OVAL_OF_STAGE.height * HEIGHT) / 2,
}
const { cx, cy, rx, ry } = oval
const AROUND = `M0 0H${WIDTH}V${HEIGHT}H0zM${cx - rx} ${cy}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0z`
const FROM_TOP = `M${cx} ${cy - ry}a${rx} ${ry} 0 1 1 0 ${2 * ry}a${rx} ${ry} 0 1 1 0 ${-2 * ry}`

const Stage = ({ words, conductor, scene }: ViewProps & { readonly scene: TryScene }) => {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const video = conductor.video()
    if (!video || !place.current) return
    video.classList.remove('unseen')
    place.current.append(video)
    // A video that is moved in the page stops in some browsers.
    void video.play().catch(() => undefined)
    return () => video.remove()
  }, [conductor])
  const isGood = scene.phase === 'moved' || (scene.phase === 'position' && scene.hint === 'hold_still')
  return (
    <div class="stage" role="img" aria-label={words.cameraView}>
      <div ref={place} class="stage-video" />
      <svg class="stage-oval" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" focusable="false">
        <path class="stage-around" fill-rule="evenodd" d={AROUND} />
        <ellipse class={isGood ? 'stage-ring stage-ring-good' : 'stage-ring'} {...oval} />
        {scene.phase === 'movement' && (
          <path
            class="stage-progress"
            d={FROM_TOP}
            pathLength={100}
            stroke-dasharray={`${Math.round(scene.amount * 100)} 100`}
          />
        )}
      </svg>
      {scene.phase === 'movement' && !scene.hint && <MovementSign challenge={scene.challenge} />}
      {scene.phase === 'sending' && <div class="spinner stage-spinner" aria-hidden="true" />}
    </div>
  )
}
