// Every bound in one place, units in the names. A limit without a test that provokes its refusal is a bug.

const MiB = 1024 * 1024

export interface Limits {
  /** Largest encoded picture, bytes. */
  readonly maxImageBytes: number
  /** Largest decoded picture, pixels (width × height), read from the header before anything is decoded. */
  readonly maxImagePixels: number
  /** Smallest side of a picture, pixels. A face needs about 20 pixels between the eyes to be matched at all. */
  readonly minImageSidePixels: number
  /** Most scans of a JPEG: cameras and encoders make up to about ten. */
  readonly maxJpegScans: number
  /** Time for one picture in a vision worker, milliseconds. */
  readonly imageDeadlineMs: number
  /** Largest request body, bytes: two pictures in base64 and some JSON around them. */
  readonly maxBodyBytes: number
  /** Most faces reported for one picture; the largest are kept. */
  readonly maxFacesPerImage: number
  /** Most candidates of one search. */
  readonly maxCandidates: number
  /** Most galleries of one search. */
  readonly maxGalleriesPerSearch: number
  /** Faces of a gallery, best first, that one search looks at when a filter or people with many faces leave it short of candidates. */
  readonly maxFacesPerSearch: number
  /** The highest limit that a gallery can set for the faces of one subject. */
  readonly maxFacesPerSubject: number
  /** Largest picture that the ADVANCE.AI API takes, bytes; its pages say less than 2 MB. */
  readonly advanceImageBytes: number
  /** Largest body of that API, bytes: such a picture in base64, and some text. */
  readonly advanceBodyBytes: number
  /** Largest body of its token call, bytes, which anybody may send: some hundred are needed. */
  readonly advanceTokenBodyBytes: number
  /** Its pictures' shortest and longest side, pixels. */
  readonly advanceLeastSidePixels: number
  readonly advanceMostSidePixels: number
  /** Its longest user id; ids of its Face Search have no more digits than a number can tell apart. */
  readonly advanceUserIdCharacters: number
  /** Longest of the texts that its Face Search keeps with a face or a face set, characters. */
  readonly advanceTextCharacters: number
  /** How far the time of a request for its token may lie from the server's, milliseconds. */
  readonly advanceClockSkewMs: number
  /** Life of its tokens, seconds. */
  readonly advanceLeastTokenSeconds: number
  readonly advanceMostTokenSeconds: number
  /** How long a number stays known whose face or gallery was erased, milliseconds. */
  readonly numberKeptMs: number
  /** How long a link to a kept picture is good for, milliseconds. */
  readonly pictureLinkMs: number
  /** The same of a link to the frame of an ADVANCE.AI transaction. */
  readonly advanceFrameLinkMs: number
  /** Life of a capture session, seconds. */
  readonly minSessionSeconds: number
  readonly maxSessionSeconds: number
  /** So many failed tries within so many milliseconds lock a capture session. */
  readonly maxSessionFailures: number
  readonly sessionFailureWindowMs: number
  /** Tries of one capture session: else one could draw until the challenges suit a recording. */
  readonly maxSessionTries: number
  /** How long after its expiry a try that was handed in may still be judged, milliseconds. */
  readonly sessionJudgingMs: number
  /** Largest portrait that the capture page sends, bytes. */
  readonly maxPortraitBytes: number
  /** Largest frame of a challenge, bytes. */
  readonly maxFrameBytes: number
  /** Portraits, and frames in all, of one try. */
  readonly maxPortraitsPerAttempt: number
  readonly maxFramesPerAttempt: number
  /** Time for one step of a try, milliseconds. */
  readonly sessionStepMs: number
  /** Frames of capture sessions that may wait for the engine; more are looked at when the try is handed in. */
  readonly maxQueuedFrames: number
  /** Calls a second of one visitor of the capture page, and wrong addresses a second from one network address. */
  readonly captureCallsPerSecond: number
  readonly captureMissesPerSecond: number
  /** Largest body of the page's calls that carry no frame, bytes. */
  readonly maxCaptureCallBytes: number
  /** Frames of capture sessions of which is remembered what the engine saw, about 7 KB each; others are looked at again. */
  readonly maxRememberedFrames: number
  /** How long the signed result of a capture session is good for an enrolment, milliseconds. */
  readonly sessionResultMs: number
  /** Longest return or callback address, characters. */
  readonly maxReturnUrlCharacters: number
  /** Origins that may show one session's page in an iframe. */
  readonly maxIframeOrigins: number
  /** Time for one notice of a session's end to be taken, milliseconds. */
  readonly deliveryTimeoutMs: number
  /** Notices that are sent at once. */
  readonly maxConcurrentDeliveries: number
  /** Of these one tenant's, and those to one receiver, so that slow ones keep no others waiting. */
  readonly maxDeliveriesPerTenant: number
  readonly maxDeliveriesPerReceiver: number
  /** Longest times that a tenant can have frames and results kept. */
  readonly maxFrameHours: number
  readonly maxResultDays: number
  /** Most items of one page of a list. */
  readonly maxPageItems: number
  readonly maxTenantIdCharacters: number
  /** Actions that one sub-user is denied. */
  readonly maxDeniedActions: number
  /** Life of a temporary credential, seconds; the vendor whose clients ask for them takes the same. */
  readonly minTemporarySeconds: number
  readonly maxTemporarySeconds: number
  /** Longest life of a native key that is not to last for ever, seconds. */
  readonly maxKeySeconds: number
  /** Calls that wait to be written to the log of calls; beyond it they are counted and not logged. */
  readonly maxPendingCalls: number
  /** How long a call waits to be written to the log, ms: what a kill of the process can lose of it. */
  readonly callLogDelayMs: number
  /** How long the answer to a call with an idempotency key is kept, ms. */
  readonly idempotencyKeptMs: number
  /** A call with an idempotency key that runs longer than this is taken to have died, ms. */
  readonly idempotencyRunningMs: number
  /** Largest answer that is kept for an idempotency key, bytes; only detected faces with all their points can be larger. */
  readonly maxKeptAnswerBytes: number
  /** Most lines of one bulk enrolment. */
  readonly maxBatchLines: number
  /** Longest "ref" of a line of a bulk enrolment, characters. */
  readonly maxRefCharacters: number
  /** Longest gallery, subject and key name, characters. */
  readonly maxIdCharacters: number
  readonly maxNameCharacters: number
  readonly maxDescriptionCharacters: number
  /** Largest metadata of a subject, bytes of its JSON. */
  readonly maxMetadataBytes: number
  /** Most keys of a metadata filter. */
  readonly maxFilterKeys: number
  /** Pictures that may wait for a vision worker before the answer is "busy". */
  readonly maxQueuedImages: number
  /** How long a picture may wait for a vision worker, milliseconds; then the answer is "busy". */
  readonly maxQueueWaitMs: number
  /** How long a call that takes a place in the line may send its body, milliseconds; then the place is another's. */
  readonly placeKeptMs: number
  /** Request bodies that are in memory at once, bytes. */
  readonly maxInFlightBodyBytes: number
  /** Bulk enrolments at once; each has a few lines in memory, whatever its length. */
  readonly maxStreamedBodies: number
  /** Time for a call from the arrival of its body to its answer, milliseconds. */
  readonly callTimeoutMs: number
  /** The highest rate limit and quota, calls. */
  readonly maxAllowedCalls: number
  /** Calls a second of one tenant and action in the Alibaba Cloud API; its page says 50. */
  readonly alibabaCallsPerSecond: number
  /** Largest picture that AddFaceRecord takes, bytes, and its longest and shorter side, pixels. */
  readonly alibabaImageBytes: number
  readonly alibabaLongerSidePixels: number
  readonly alibabaShorterSidePixels: number
  /** Largest picture of the actions that compare and search, bytes. */
  readonly alibabaProbeBytes: number
  /** Time for a picture by URL in that API, milliseconds: its clients give up after three seconds. */
  readonly alibabaUrlTimeoutMs: number
  /** Time for one of its calls from the arrival of its body to its answer, milliseconds. */
  readonly alibabaCallTimeoutMs: number
  /** How far the time of its calls may lie from the server's, milliseconds. */
  readonly alibabaClockSkewMs: number
  /** Nonces that are remembered, so that no call of it is taken twice. */
  readonly maxNonces: number
  /** Files that were announced and not used yet; how long one may take to be; bytes of them all together. */
  readonly maxUploads: number
  readonly uploadLifeMs: number
  readonly maxUploadedBytes: number
  /** Uses of each product that a new application in testing mode has. */
  readonly testingQuota: number
  /** Most operations that the quotas of one credential name. */
  readonly maxQuotaOperations: number
  /** Longest URL of a picture, characters. */
  readonly maxUrlCharacters: number
  /** Time for one picture by URL: names, redirects and bytes together, milliseconds. */
  readonly urlFetchTimeoutMs: number
  /** Largest picture that the Verihubs API takes, bytes; its page says 5 MiB. */
  readonly verihubsImageBytes: number
  /** Time for a picture by URL in the Verihubs API, milliseconds; its page says 15 seconds. */
  readonly verihubsUrlTimeoutMs: number
  /** Redirects that are followed to one picture. */
  readonly maxUrlRedirects: number
  /** Pictures that are fetched at once before the answer is "busy". */
  readonly maxConcurrentUrlFetches: number
  /** Searches that may wait for the index before the answer is "busy". */
  readonly maxQueuedSearches: number
  /** Connections at once; one more is closed without an answer. */
  readonly maxConnections: number
  /** Requests over one connection before it is closed. */
  readonly maxRequestsPerConnection: number
  /** Largest head of a request, bytes: its address and all headers. */
  readonly maxHeaderBytes: number
  /** Most headers of one request. */
  readonly maxHeaders: number
  /** Longest path and query, characters: two ids of 256 characters percent-encoded, or an id and a cursor. */
  readonly maxAddressCharacters: number
  /** Time for the head of a request, from the connection or the answer before, milliseconds. */
  readonly headerTimeoutMs: number
  /** Time for a whole request to arrive, milliseconds. */
  readonly requestTimeoutMs: number
  /** How long a connection without a request is kept, milliseconds; longer than the 60 s of most proxies. */
  readonly keepAliveTimeoutMs: number
  /** Time for requests in flight when the server is asked to stop, milliseconds. */
  readonly stopGraceMs: number
  /** Free space of the data folder's disk below which `likeness doctor` calls it a problem, bytes. */
  readonly minFreeDiskBytes: number
  /** Most bytes that a downloaded archive of weights unpacks to, and that its tensors take together. */
  readonly maxUnpackedBytes: number
  /** Most silence while a file of a model pack is fetched, milliseconds. */
  readonly packSilenceMs: number
  /** Time for one file of a model pack to arrive, milliseconds. */
  readonly packFileTimeoutMs: number
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxImageBytes: 20 * MiB,
  maxImagePixels: 50_000_000,
  minImageSidePixels: 24,
  maxJpegScans: 100,
  imageDeadlineMs: 30_000,
  maxBodyBytes: 56 * MiB,
  maxFacesPerImage: 100,
  maxCandidates: 100,
  maxGalleriesPerSearch: 20,
  maxFacesPerSearch: 10_000,
  maxFacesPerSubject: 100,
  advanceImageBytes: 2 * MiB - 1,
  advanceBodyBytes: 4 * MiB,
  advanceTokenBodyBytes: 16 * 1024,
  advanceLeastSidePixels: 256,
  advanceMostSidePixels: 4096,
  advanceUserIdCharacters: 64,
  advanceTextCharacters: 256,
  advanceClockSkewMs: 300_000,
  advanceLeastTokenSeconds: 60,
  advanceMostTokenSeconds: 86_400,
  numberKeptMs: 60 * 24 * 60 * 60 * 1000,
  pictureLinkMs: 60 * 60 * 1000,
  advanceFrameLinkMs: 24 * 60 * 60 * 1000,
  minSessionSeconds: 60,
  maxSessionSeconds: 7 * 86_400,
  maxSessionFailures: 5,
  sessionFailureWindowMs: 3 * 60 * 1000,
  maxSessionTries: 20,
  sessionJudgingMs: 60 * 60 * 1000,
  maxPortraitBytes: 2 * MiB,
  maxFrameBytes: 512 * 1024,
  maxPortraitsPerAttempt: 3,
  maxFramesPerAttempt: 96,
  sessionStepMs: 30_000,
  maxQueuedFrames: 64,
  maxRememberedFrames: 8192,
  captureCallsPerSecond: 30,
  captureMissesPerSecond: 5,
  maxCaptureCallBytes: 4096,
  sessionResultMs: 60 * 60 * 1000,
  maxReturnUrlCharacters: 2048,
  maxIframeOrigins: 10,
  deliveryTimeoutMs: 60_000,
  maxConcurrentDeliveries: 32,
  maxDeliveriesPerTenant: 16,
  maxDeliveriesPerReceiver: 4,
  maxFrameHours: 24 * 365,
  maxResultDays: 3650,
  maxPageItems: 1000,
  maxTenantIdCharacters: 64,
  maxDeniedActions: 100,
  minTemporarySeconds: 900,
  maxTemporarySeconds: 43_200,
  maxKeySeconds: 10 * 365 * 86_400,
  maxPendingCalls: 10_000,
  callLogDelayMs: 250,
  idempotencyKeptMs: 24 * 60 * 60 * 1000,
  idempotencyRunningMs: 15 * 60 * 1000,
  maxKeptAnswerBytes: 2 * MiB,
  maxBatchLines: 100_000,
  maxRefCharacters: 200,
  maxIdCharacters: 256,
  maxNameCharacters: 200,
  maxDescriptionCharacters: 2000,
  maxMetadataBytes: 16 * 1024,
  maxFilterKeys: 10,
  maxQueuedImages: 6,
  maxQueueWaitMs: 5000,
  placeKeptMs: 2000,
  maxInFlightBodyBytes: 256 * MiB,
  maxStreamedBodies: 4,
  callTimeoutMs: 30_000,
  maxAllowedCalls: 1_000_000_000,
  alibabaCallsPerSecond: 50,
  alibabaImageBytes: 10 * MiB,
  alibabaLongerSidePixels: 1920,
  alibabaShorterSidePixels: 1080,
  alibabaProbeBytes: MiB,
  alibabaUrlTimeoutMs: 2000,
  alibabaCallTimeoutMs: 2700,
  alibabaClockSkewMs: 15 * 60 * 1000,
  maxNonces: 500_000,
  maxUploads: 1000,
  uploadLifeMs: 5 * 60 * 1000,
  maxUploadedBytes: 128 * MiB,
  testingQuota: 100,
  maxQuotaOperations: 50,
  maxUrlCharacters: 2048,
  urlFetchTimeoutMs: 15_000,
  verihubsImageBytes: 5 * MiB,
  verihubsUrlTimeoutMs: 15_000,
  maxUrlRedirects: 3,
  maxConcurrentUrlFetches: 32,
  maxQueuedSearches: 256,
  maxConnections: 2000,
  maxRequestsPerConnection: 10_000,
  maxHeaderBytes: 16 * 1024,
  maxHeaders: 100,
  maxAddressCharacters: 8 * 1024,
  headerTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 72_000,
  stopGraceMs: 10_000,
  minFreeDiskBytes: 512 * MiB,
  maxUnpackedBytes: 256 * MiB,
  packSilenceMs: 30_000,
  packFileTimeoutMs: 600_000,
})
