// Wire schemas of scores, which search, verification and comparison share.
import { z } from 'zod'
import type { Score } from '../../core/score.ts'
import { Similarity } from './schemas.ts'

export const scoreFields = {
  similarity: Similarity.meta({
    description: '0-100, calibrated: 60, 70, 80, 90, 100 mean a false match rate of 1e-2, 1e-3, 1e-4, 1e-6, 1e-8.',
  }),
  falseMatchRate: z.number().meta({ description: 'How often two different people score at least this much.' }),
  extrapolated: z.boolean().meta({ description: 'True when the rate lies beyond what the calibration data supports.' }),
}

export const toScore = ({ similarity, falseMatchRate, extrapolated }: Score) => ({
  similarity,
  falseMatchRate,
  extrapolated,
})
