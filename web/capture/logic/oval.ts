// Where the oval on the screen lies in the camera's picture. Pure geometry, no DOM.

export interface Size {
  readonly width: number
  readonly height: number
}

/** An ellipse by its centre and its two whole axes, as parts of the picture's width and height. */
export interface Oval {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The oval's share of the stage that the video fills; styles/capture.css draws the same. */
export const OVAL_OF_STAGE: Oval = { x: 0.5, y: 0.48, width: 0.66, height: 0.74 }

/** The stage's oval in a picture that fills the stage, cut off evenly where the shapes differ ("object-fit: cover"). */
export const ovalInPicture = (picture: Size, stage: Size): Oval => {
  const scale = Math.max(stage.width / picture.width, stage.height / picture.height)
  const shownWidth = stage.width / (picture.width * scale)
  const shownHeight = stage.height / (picture.height * scale)
  return {
    x: 0.5 + (OVAL_OF_STAGE.x - 0.5) * shownWidth,
    y: 0.5 + (OVAL_OF_STAGE.y - 0.5) * shownHeight,
    width: OVAL_OF_STAGE.width * shownWidth,
    height: OVAL_OF_STAGE.height * shownHeight,
  }
}

/** The largest size of the same shape that is not wider than `maxWidth`, in whole pixels. */
export const fitWidth = ({ width, height }: Size, maxWidth: number): Size => {
  const scale = Math.min(1, maxWidth / width)
  return { width: Math.round(width * scale), height: Math.round(height * scale) }
}
