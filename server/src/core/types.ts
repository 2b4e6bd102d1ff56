// The words of the domain as types. No behaviour, no SQL, no HTTP. Ids that callers choose are strings; `uid` is the
// server's own key for a row whose `id` is only unique within a tenant or a gallery.

import type { FaceAttributes } from './face-attributes.ts'
import type { FaceLiveness } from './face-liveness.ts'
import type { FaceQuality } from './face-quality.ts'
import type { Acceptance } from './finding-profiles.ts'

/** What a native key may do; "admin" includes the others. */
export const SCOPES = ['admin', 'enrol', 'search', 'read'] as const
export type Scope = (typeof SCOPES)[number]

/** Who is calling, in which call: an authenticated credential and the tenant and region it is bound to. */
export interface Principal {
  readonly credentialId: string
  readonly tenantId: string
  readonly regionId: string
  readonly scopes: readonly Scope[]
  /** The tenant's own rule for pictures by URL; null: the server's. */
  readonly imageUrls: ImageUrlMode | null
  /** The id of the call, under which the audit trail and the log of calls know it. */
  readonly transactionId: string
  /** How much the credential may call; as the server's settings have it where there is none. */
  readonly allowance?: Allowance | null
}

/** At most so many, or no bound at all. */
export type Bound = number | 'none'

/** How much a credential may call. Null: as the server's settings have it. */
export interface Allowance {
  /** Calls in the long run. */
  readonly requestsPerSecond: Bound | null
  /** Calls at once after a pause. */
  readonly burst: number | null
  /** Accepted calls of one day, UTC. */
  readonly perDay: Bound | null
  /** Accepted calls of one month, UTC. */
  readonly perMonth: Bound | null
  /** The operations that the quotas count; null: all. */
  readonly operations: readonly string[] | null
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
  readonly policy: EnrolmentPolicy
  /** Grows by one with every change of the gallery or its content. */
  readonly revision: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** What an enrolment does where it could do one thing or another. Each gallery has one; a protocol may bring its own. */
export interface EnrolmentPolicy {
  readonly maxFacesPerSubject: number
  /** When the subject has that many: answer `subject_full`, or erase its oldest faces. */
  readonly whenFull: 'refuse' | 'replace_oldest'
  /** When the subject is there already: add the face, erase its other faces, or answer `subject_exists`. */
  readonly existingSubject: 'append' | 'replace' | 'refuse'
  /** When the picture shows several people: take the largest face, or answer `several_faces`. */
  readonly severalFaces: 'largest' | 'refuse'
  /** When the face is like another subject's: enrol it, enrol it and name them, or answer `duplicate_face`. */
  readonly duplicates: 'allow' | 'warn' | 'refuse'
  /** Least similarity of a duplicate, 0-100; null: the one that a search of the gallery has by default, which grows with it. */
  readonly duplicateThreshold: number | null
  /** Whether faces of passed capture sessions alone are enrolled. The gallery's own; no call goes before it. */
  readonly capture: 'optional' | 'required'
  /** What is minded of a face that is enrolled. */
  readonly acceptance: Acceptance
  /** What is minded of a face that the gallery is searched with, or a person of it verified. */
  readonly probeAcceptance: Acceptance
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
  /** The gallery's revision that the last change of the subject or its faces made. */
  readonly revision: number
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

/** What a face can be judged by. */
export const ASSESSMENTS = ['quality', 'attributes', 'liveness'] as const
export type Assessment = (typeof ASSESSMENTS)[number]

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
  /** Each only where it was asked for. */
  readonly quality?: FaceQuality
  readonly attributes?: FaceAttributes
  readonly liveness?: FaceLiveness
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

export const TENANT_STATUSES = ['active', 'suspended'] as const

/** From where pictures are fetched by URL, the strictest first: nowhere, from the operator's list, or also from public hosts. */
export const IMAGE_URL_MODES = ['off', 'allow-list', 'public'] as const
export type ImageUrlMode = (typeof IMAGE_URL_MODES)[number]

export const PICTURE_SHAPES = ['any', 'portrait'] as const
export type PictureShape = (typeof PICTURE_SHAPES)[number]

/** A customer with credentials and galleries of its own. */
export interface Tenant {
  readonly id: string
  readonly name: string | null
  readonly status: (typeof TENANT_STATUSES)[number]
  /** Null: the server's setting. A tenant can be held to a stricter rule than the server's, never to a looser one. */
  readonly imageUrls: ImageUrlMode | null
  /** Which pictures are enrolled over protocols whose pages want portraits: every one, or only what is higher than wide. */
  readonly pictureShape: PictureShape
  /** How long frames and templates of capture sessions are kept after their end; null: `DEFAULT_FRAME_HOURS`. */
  readonly frameHours: number | null
  /** How long capture sessions are kept with their results; null: `DEFAULT_RESULT_DAYS`. */
  readonly resultDays: number | null
  readonly createdAt: Date
}

/** The APIs that a credential can speak; "native" is our own, whose credentials are called keys. */
export const PROTOCOLS = ['native', 'advance', 'verihubs', 'alibaba'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/**
 * What the applications of a protocol that knows modes may do: live everything; testing everything, a bounded number of
 * times; sandbox only what its made-up scenarios show, without a picture.
 */
export const CREDENTIAL_MODES = ['live', 'testing', 'sandbox'] as const
export type CredentialMode = (typeof CREDENTIAL_MODES)[number]

/** What opens one of the APIs, and what it is bound to. The secret itself is not part of it. */
export interface Credential {
  readonly id: string
  readonly protocol: Protocol
  readonly tenantId: string
  readonly regionId: string
  /** The gallery that the protocol's calls go to, where it has no galleries of its own; null: as the protocol decides. */
  readonly galleryId: string | null
  readonly name: string | null
  /** Of native keys; the other protocols have none. */
  readonly scopes: readonly Scope[]
  /** The half of the pair that calls show openly; null for native keys, which have one half. */
  readonly publicId: string | null
  /** The credential that this one is a sub-user or a temporary pair of. */
  readonly parentId: string | null
  /** The protocol's actions that a sub-user may not call. */
  readonly deniedActions: readonly string[]
  /** Null: as the server's settings have it. */
  readonly allowance: Allowance | null
  /** Null where the protocol has no modes. */
  readonly mode: CredentialMode | null
  /** Of an application in testing mode: how often it may call each product; null in the other modes. */
  readonly testingQuota: number | null
  readonly createdAt: Date
  readonly expiresAt: Date | null
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
