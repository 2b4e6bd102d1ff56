// The words of the domain as types. No behaviour, no SQL, no HTTP. Ids that callers choose are strings; `uid` is the
// server's own key for a row whose `id` is only unique within a tenant or a gallery.

/** Who is calling: an authenticated key and the tenant and region it is bound to. */
export interface Principal {
  readonly keyId: string
  readonly tenantId: string
  readonly regionId: string
}

/** A pack as galleries and templates refer to it: model set and version. */
export interface PackRef {
  readonly id: string
  readonly version: string
}

export interface Gallery {
  readonly uid: string
  readonly tenantId: string
  readonly id: string
  readonly name: string | null
  readonly description: string | null
  /** "id@version" of the pack whose templates the gallery holds. */
  readonly pack: string
  /** Grows by one with every change of the gallery's content. */
  readonly revision: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type MetadataValue = string | number | boolean | null
/** Flat, small, the caller's own. */
export type Metadata = Readonly<Record<string, MetadataValue>>

export interface Subject {
  readonly uid: string
  readonly galleryUid: string
  /** Chosen by the caller: 1-256 characters, no control characters, case-sensitive. */
  readonly id: string
  readonly metadata: Metadata
  readonly faceCount: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Axis-aligned rectangle in pixels of the upright picture (EXIF orientation applied), origin top left. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** Five landmarks in pixels of the upright picture; left and right are the viewer's. */
export interface Landmarks {
  readonly leftEye: Point
  readonly rightEye: Point
  readonly nose: Point
  readonly mouthLeft: Point
  readonly mouthRight: Point
}

/** Head pose in degrees. Yaw: positive when the face turns to the viewer's right; pitch: positive upwards; roll: positive clockwise. */
export interface Pose {
  readonly yaw: number
  readonly pitch: number
  readonly roll: number
}

/** One enrolled picture of a subject. */
export interface Face {
  readonly id: string
  readonly galleryUid: string
  readonly subjectUid: string
  readonly subjectId: string
  readonly pack: string
  readonly box: Box
  readonly confidence: number
  /** Null when the picture itself was not kept. */
  readonly picture: Picture | null
  readonly createdAt: Date
}

/** What is known of a kept picture; its bytes lie in the blob store under `key`. */
export interface Picture {
  readonly key: string
  readonly mediaType: string
  readonly bytes: number
}

/** A face found in a picture. */
export interface DetectedFace {
  readonly box: Box
  /** The detector's own score, 0-1. */
  readonly confidence: number
  readonly landmarks: Landmarks
  readonly pose: Pose
  /** 468 mesh points, [x, y, z] in pixels of the upright picture; only when asked for. */
  readonly points?: readonly (readonly [number, number, number])[]
  /** Unit vector of the pack's dimensions; only when asked for. */
  readonly template?: Float32Array
}

export interface ImageFacts {
  /** Pixels, after EXIF orientation. */
  readonly width: number
  readonly height: number
  readonly mediaType: string
}

/** What the vision engine says of one picture. Faces are sorted by area, largest first. */
export interface Analysis {
  readonly image: ImageFacts
  readonly faces: readonly DetectedFace[]
}

export interface ApiKey {
  readonly id: string
  readonly tenantId: string
  readonly regionId: string
  readonly name: string | null
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

/** One page of a list; `nextCursor` is null on the last. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

export interface PageRequest {
  readonly limit: number
  readonly cursor: string | null
}
