// What a check of a face came to, and how it is told. Pure.
import type { FaceCheck } from '../../../core/face-check.ts'
import { type Answer, roundScore, toAttack, toAttributeInfo, toScores, toYesOrNo } from './map.ts'
import { isGood } from './quality.ts'

/** 200 and 205 are the vendor's; for the others its pages name no codes, so these are ours. */
export const SUB_CODES = {
  passed: '200',
  attack: '205',
  lowQuality: '206',
  duplicate: '207',
  otherPerson: '208',
  userExists: '209',
} as const
export type SubCode = (typeof SUB_CODES)[keyof typeof SUB_CODES]

export interface DuplicateFace {
  readonly faceGroupCode: string
  readonly faceId: string
  readonly merchantUserId: string
}

/** Null where none was asked for. */
export type Registration = null | 'refused' | { readonly faceId: string }

export interface CheckResult {
  readonly transactionId: string
  readonly subCode: SubCode
  /** Null where no group was searched. */
  readonly duplicates: readonly DuplicateFace[] | null
  /** 0-100; null where no second picture was compared. */
  readonly similarity: number | null
  readonly attack: ReturnType<typeof toAttack>
  readonly facts: Answer
  readonly registration: Registration
}

/** What decides, the gravest first. */
export const toFaceFacts = (
  transactionId: string,
  { tellsQuality, tellsAttributes }: { readonly tellsQuality: boolean; readonly tellsAttributes: boolean },
  { source, target, comparison }: FaceCheck,
  duplicates: readonly DuplicateFace[] | null,
): CheckResult => {
  const attack = toAttack(source.face)
  const subCode = (): SubCode => {
    if (attack?.isAttack) return SUB_CODES.attack
    if (tellsQuality && !isGood(source.face)) return SUB_CODES.lowQuality
    if (comparison && !comparison.match) return SUB_CODES.otherPerson
    return duplicates && duplicates.length > 0 ? SUB_CODES.duplicate : SUB_CODES.passed
  }
  return {
    transactionId,
    subCode: subCode(),
    duplicates,
    similarity: comparison && roundScore(comparison.score.similarity),
    attack,
    facts: {
      ...(tellsQuality && toScores(source.face)),
      ...(tellsQuality && target && toScores(target.face, 'Target')),
      ...(tellsAttributes && toAttributeInfo(source.face)),
    },
    registration: null,
  }
}

/** `write` gives a score the type that the action has for it. */
export const toCheckResult = (result: CheckResult, write: (score: number) => string | number): Answer => {
  const { transactionId, subCode, duplicates, similarity, attack, facts, registration } = result
  return {
    TransactionId: transactionId,
    FacePassed: toYesOrNo(subCode === SUB_CODES.passed),
    SubCode: subCode,
    ...(duplicates && { DuplicateFace: JSON.stringify(duplicates) }),
    ...(similarity !== null && { FaceComparisonScore: write(similarity) }),
    ...(attack && { FaceAttack: toYesOrNo(attack.isAttack), FaceAttackScore: write(attack.score) }),
    ...(registration && { FaceRegistrationResult: registration === 'refused' ? 0 : 1 }),
    ...(registration && registration !== 'refused' && { FaceRegistrationId: registration.faceId }),
    ExtFaceInfo: facts,
  }
}
