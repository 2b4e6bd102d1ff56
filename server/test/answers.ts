// The answers of the native API as callers see them. Written by hand: a name that changes on the wire breaks the tests.
export interface Problem {
  type: string
  title: string
  status: number
  code: string
  detail: string
  instance: string
  details?: Record<string, unknown>
}

export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export type Metadata = Record<string, string | number | boolean | null>

export interface Policy {
  maxFacesPerSubject: number
  whenFull: string
  existingSubject: string
  severalFaces: string
  duplicates: string
  duplicateThreshold: number | null
}

export interface Gallery {
  id: string
  code: string
  name: string | null
  description: string | null
  pack: string
  policy: Policy
  revision: number
  subjectCount: number
  faceCount: number
  createdAt: string
  updatedAt: string
}

export interface Face {
  id: string
  subjectId: string
  galleryId: string
  box: Box
  confidence: number
  pack: string
  picture: { mediaType: string; bytes: number } | null
  createdAt: string
}

export interface Subject {
  id: string
  galleryId: string
  faceCount: number
  metadata: Metadata
  createdAt: string
  updatedAt: string
  faces: Face[]
}

export interface EnrolAnswer {
  face: Face
  subject: { id: string; faceCount: number; metadata: Metadata }
  duplicates: { subjectId: string; faceId: string; similarity: number }[]
}

export interface Score {
  similarity: number
  falseMatchRate: number
  extrapolated: boolean
}

export interface SearchAnswer {
  candidates: (Score & { galleryId: string; subjectId: string; faceId: string; metadata: Metadata })[]
  threshold: number
  gallerySize: number
  box: Box
}

export interface VerifyAnswer extends Score {
  match: boolean
  threshold: number
  thresholds: { '1e-3': number; '1e-4': number; '1e-5': number }
  best: Score & { faceId: string }
  fused: Score | null
  box: Box
}

export interface CompareAnswer extends Score {
  match: boolean
  threshold: number
  box1: Box
  box2: Box
}

type Point = { x: number; y: number }

export interface DetectAnswer {
  image: { width: number; height: number }
  faces: {
    box: Box
    confidence: number
    landmarks: Record<'leftEye' | 'rightEye' | 'nose' | 'mouthLeft' | 'mouthRight', Point>
    pose: { yaw: number; pitch: number; roll: number }
    points?: [number, number, number][]
    template?: number[]
  }[]
  pack: string
}
