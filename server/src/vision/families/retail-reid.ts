// The recogniser of the pack retail-0095: crops aligned by five points → unit templates of 256 values. Crop and mirror
// image are embedded together and added, as the dlib family does it; only the alignment differs.
import type { NetworkSession } from '../workers/session.ts'
import { createDlibResnet, type Recogniser } from './dlib-resnet.ts'

/** `session` takes red, green, blue and gives `template`. */
export const createRetailReid = (
  session: NetworkSession,
  settings: Parameters<typeof createDlibResnet>[1],
): Recogniser => createDlibResnet(session, settings)
