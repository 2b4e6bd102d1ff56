// Which pictures may be fetched by URL, and how the refusals are worded. Opens no connection.
import type { ImageUrlMode } from '../../core/types.ts'
import { AppError } from '../../errors.ts'
import type { AllowList } from '../outgoing/allow-list.ts'
import type { PinnedAddress, Resolve, ResolveErrors } from '../outgoing/resolve.ts'
import * as targets from '../outgoing/targets.ts'

export type { Target } from '../outgoing/targets.ts'

export interface PictureUrlPolicy {
  /** No URL at all, only what the allow-list names, or that and the public internet. */
  readonly mode: ImageUrlMode
  readonly allow: AllowList
  /** Time for one picture where it is shorter than the server's own. */
  readonly timeoutMs?: number
}

const ERRORS: targets.TargetErrors = {
  invalid: problem => new AppError('image_url_invalid', `The picture's address ${problem}.`),
  refused: problem => new AppError('image_url_refused', `The picture's address ${problem}.`),
}

export const NAME_ERRORS: ResolveErrors = {
  nameUnknown: cause =>
    new AppError('image_url_unreachable', "The host of the picture's address could not be found.", {
      cause,
      details: { reason: 'name' },
    }),
  busy: () => new AppError('busy', 'Too many host names are being resolved; try again in a moment.'),
}

/** @throws AppError image_url_invalid */
export const parseTarget = (text: string, maxCharacters: number): targets.Target =>
  targets.parseTarget(text, maxCharacters, ERRORS)

/**
 * Resolves the host once and judges every address that it leads to. Returns the addresses that may be connected to.
 * @throws AppError image_url_invalid (port), image_url_refused (not allowed), image_url_unreachable (no such name), busy
 */
export const admitTarget = async (
  target: targets.Target,
  { mode, allow }: PictureUrlPolicy,
  { resolve, publicPorts, signal }: { resolve: Resolve; publicPorts: readonly number[]; signal: AbortSignal },
): Promise<readonly PinnedAddress[]> => {
  if (mode === 'off')
    throw new AppError('image_url_refused', 'No pictures are fetched for this caller; send the picture itself.')
  const rules = { allow, onlyAllowed: mode === 'allow-list', publicPorts, errors: ERRORS }
  return targets.admitTarget(target, rules, resolve, signal)
}
