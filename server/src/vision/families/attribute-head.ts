// The attribute-head family: features of a face → the probability of one attribute. A small network of the project's own
// training; its calibration is part of it. Knows neither pictures nor thresholds.
import type { NetworkSession } from '../workers/session.ts'

export interface AttributeHead {
  /** 0-1. */
  estimate(features: Float32Array): Promise<number>
}

/** `session` takes one row of features and gives `probability`. */
export const createAttributeHead = (session: NetworkSession): AttributeHead => ({
  async estimate(features) {
    const { probability } = await session.run(features, [1, features.length])
    return probability[0]
  },
})
