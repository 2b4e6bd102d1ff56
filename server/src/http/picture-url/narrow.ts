// A tenant's own rule for pictures by URL within the server's. Pure.
import { IMAGE_URL_MODES, type ImageUrlMode } from '../../core/types.ts'
import type { PictureUrlPolicy } from './url-rules.ts'

/** The stricter of the two; null leaves the server's policy as it is. */
export const narrowPolicy = (policy: PictureUrlPolicy, own: ImageUrlMode | null): PictureUrlPolicy =>
  own === null || IMAGE_URL_MODES.indexOf(own) >= IMAGE_URL_MODES.indexOf(policy.mode)
    ? policy
    : { ...policy, mode: own }
