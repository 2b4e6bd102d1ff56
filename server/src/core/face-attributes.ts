// The words of what is worn on a face or held before it. Measures nothing.

/**
 * hat: anything on the head that leaves the face free but no head scarf; veil: a head covering that surrounds the face;
 * faceBlocker: anything else over the face, such as a hand, a scarf or a phone.
 */
export const ATTRIBUTES = ['mask', 'sunglasses', 'eyeglasses', 'hat', 'veil', 'faceBlocker'] as const
export type AttributeName = (typeof ATTRIBUTES)[number]

export interface AttributeJudgement {
  /** 0-1. */
  readonly probability: number
  /** From which probability on the answer is yes, as the pack of the attribute has it. */
  readonly threshold: number
  readonly present: boolean
}

/** An attribute whose pack is switched off is absent. */
export type FaceAttributes = Readonly<Partial<Record<AttributeName, AttributeJudgement>>>
