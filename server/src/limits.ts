// Every bound in one place, units in the names. A limit without a test that provokes its refusal is a bug.

const MiB = 1024 * 1024

export interface Limits {
  /** Largest encoded picture, bytes. */
  readonly maxImageBytes: number
  /** Largest decoded picture, pixels (width × height), read from the header before anything is decoded. */
  readonly maxImagePixels: number
  /** Smallest side of a picture, pixels. A face needs about 20 pixels between the eyes to be matched at all. */
  readonly minImageSidePixels: number
  /** Largest request body, bytes: two pictures in base64 and some JSON around them. */
  readonly maxBodyBytes: number
  /** Most faces reported for one picture; the largest are kept. */
  readonly maxFacesPerImage: number
  /** Most candidates of one search. */
  readonly maxCandidates: number
  /** Most items of one page of a list. */
  readonly maxPageItems: number
  /** Longest gallery, subject and key name, characters. */
  readonly maxIdCharacters: number
  readonly maxNameCharacters: number
  readonly maxDescriptionCharacters: number
  /** Largest metadata of a subject, bytes of its JSON. */
  readonly maxMetadataBytes: number
  /** Pictures that may wait for a vision worker before the answer is "busy". */
  readonly maxQueuedImages: number
  /** Searches that may wait for the index before the answer is "busy". */
  readonly maxQueuedSearches: number
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxImageBytes: 20 * MiB,
  maxImagePixels: 50_000_000,
  minImageSidePixels: 24,
  maxBodyBytes: 56 * MiB,
  maxFacesPerImage: 100,
  maxCandidates: 100,
  maxPageItems: 1000,
  maxIdCharacters: 256,
  maxNameCharacters: 200,
  maxDescriptionCharacters: 2000,
  maxMetadataBytes: 16 * 1024,
  maxQueuedImages: 64,
  maxQueuedSearches: 256,
})
