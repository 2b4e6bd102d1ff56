// The words of passive liveness: whether a person was before the camera, or a picture of one. Measures nothing.

export interface FaceLiveness {
  /** 0-1, higher is live. */
  readonly score: number
  /** From which score on the face counts as live, chosen for `bpcer`. */
  readonly threshold: number
  readonly live: boolean
  /** "id@version" of the pack that judged. */
  readonly model: string
  /** The share of live presentations that the threshold was chosen to refuse (ISO/IEC 30107-3). */
  readonly bpcer: number
}
