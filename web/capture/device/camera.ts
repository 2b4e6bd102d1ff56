// The camera: its picture on the screen, and pictures of it as JPEG. Mirrored nowhere but on the screen.
import { fitWidth, type Size } from '../logic/oval.ts'

export interface Camera {
  /** Shows the stream; to be put into the page. */
  readonly video: HTMLVideoElement
  readonly size: () => Size
  /** Waits until the camera has sent another picture, or should have: the server minds pictures that come twice. */
  readonly next: () => Promise<void>
  /** Draws the present picture for the detector and for `frame`. */
  readonly draw: () => HTMLCanvasElement
  /** The picture last drawn, as it goes up during movements. */
  readonly frame: () => Promise<Blob>
  /** The present picture, as large as the server wants it. */
  readonly portrait: () => Promise<Blob>
  readonly stop: () => void
}

const DETECTED_WIDTH = 640
const FRAME_WIDTH = 480
const FRAME_QUALITY = 0.8
const PORTRAIT_WIDTH = 1280
const PORTRAIT_QUALITY = 0.92
/** The server's limit for a portrait, 2 MiB; less quality is tried before it is passed. */
const MAX_PORTRAIT_BYTES = 2 * 1024 * 1024

const WANTED: MediaStreamConstraints = {
  audio: false,
  video: { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 720 } },
}

/** @throws DOMException, as getUserMedia does */
export const openCamera = async (onLost: () => void): Promise<Camera> => {
  const stream = await openStream()
  for (const track of stream.getVideoTracks()) track.addEventListener('ended', onLost)
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.autoplay = true
  video.srcObject = stream
  // Some browsers play nothing that is not in the page; the stage takes it from here.
  video.className = 'unseen'
  document.body.append(video)
  const stop = (): void => {
    for (const track of stream.getTracks()) {
      track.removeEventListener('ended', onLost)
      track.stop()
    }
    video.srcObject = null
    video.remove()
  }
  try {
    await waitForPicture(video)
  } catch (error) {
    stop()
    throw error
  }
  return { video, stop, next: () => nextPicture(video), ...picturesOf(video) }
}

const openStream = async (): Promise<MediaStream> => {
  try {
    return await navigator.mediaDevices.getUserMedia(WANTED)
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'OverconstrainedError') throw error
    return navigator.mediaDevices.getUserMedia({ audio: false, video: true })
  }
}

const FIRST_PICTURE_MS = 10_000

const waitForPicture = async (video: HTMLVideoElement): Promise<void> => {
  const hasPicture = new Promise<void>((resolve, reject) => {
    video.addEventListener('loadeddata', () => resolve(), { once: true })
    setTimeout(() => reject(new DOMException('the camera sends no picture', 'NotReadableError')), FIRST_PICTURE_MS)
  })
  await video.play().catch(() => undefined)
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) await hasPicture
  else hasPicture.catch(() => undefined)
}

/** Slower cameras than this are not waited for. */
const LONGEST_PICTURE_MS = 300

const nextPicture = (video: HTMLVideoElement): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(resolve, 'requestVideoFrameCallback' in video ? LONGEST_PICTURE_MS : 0)
    video.requestVideoFrameCallback?.(() => {
      clearTimeout(timer)
      resolve()
    })
  })

const picturesOf = (video: HTMLVideoElement): Pick<Camera, 'size' | 'draw' | 'frame' | 'portrait'> => {
  const detected = document.createElement('canvas')
  const small = document.createElement('canvas')
  const large = document.createElement('canvas')
  const size = (): Size => ({ width: video.videoWidth || 1, height: video.videoHeight || 1 })
  return {
    size,
    draw: () => {
      paint(detected, video, fitWidth(size(), DETECTED_WIDTH))
      return detected
    },
    frame: () => {
      paint(small, detected, fitWidth(size(), FRAME_WIDTH))
      return encode(small, FRAME_QUALITY)
    },
    portrait: async () => {
      paint(large, video, fitWidth(size(), PORTRAIT_WIDTH))
      return encodeWithin(large, MAX_PORTRAIT_BYTES)
    },
  }
}

const paint = (canvas: HTMLCanvasElement, source: CanvasImageSource, { width, height }: Size): void => {
  // Setting the size clears a canvas and is slow, even where it stays the same.
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  canvas.getContext('2d', { willReadFrequently: true })?.drawImage(source, 0, 0, width, height)
}

const encode = (canvas: HTMLCanvasElement, quality: number): Promise<Blob> =>
  new Promise((resolve, reject) => {
    canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error('no picture was made'))), 'image/jpeg', quality)
  })

const encodeWithin = async (canvas: HTMLCanvasElement, maxBytes: number): Promise<Blob> => {
  for (let quality = PORTRAIT_QUALITY; ; quality -= 0.1) {
    const picture = await encode(canvas, quality)
    if (picture.size <= maxBytes || quality < 0.5) return picture
  }
}

const SENDABLE = ['image/jpeg', 'image/png', 'image/webp']

/** A picture from a file, as it is where the server takes it, else made smaller. @throws where it is no picture */
export const readPictureFile = async (file: Blob): Promise<Blob> => {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const canvas = document.createElement('canvas')
  try {
    if (SENDABLE.includes(file.type) && file.size <= MAX_PORTRAIT_BYTES) return file
    paint(canvas, bitmap, fitWidth(bitmap, PORTRAIT_WIDTH))
  } finally {
    bitmap.close()
  }
  return encodeWithin(canvas, MAX_PORTRAIT_BYTES)
}
