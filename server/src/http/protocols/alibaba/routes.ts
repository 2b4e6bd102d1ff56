// Every action: its version, the pictures that it takes, and what runs it. Knows no HTTP.
import type { Run } from './actions.ts'
import { faceDuplicationCheckIntl, faceVerifyIntl } from './check-actions.ts'
import { faceCompare, faceLiveness } from './compare-actions.ts'
import { addFaceGroup, deleteFaceGroup, modifyFaceGroup, queryFaceGroup } from './group-actions.ts'
import {
  addFaceRecord,
  deleteFaceRecord,
  deleteFaceRecordV2,
  modifyFaceRecord,
  queryFaceRecord,
} from './record-actions.ts'
import { authorizeFileUpload } from './upload-actions.ts'

export interface Action {
  readonly version: string
  /** Places in the line that a call of it takes, at least. */
  readonly pictures: number
  /** Where the parameters decide how many it takes. */
  readonly picturesOf?: (parameters: ReadonlyMap<string, string>) => number
  readonly run: Run
}

const VERSION = '2022-08-09'
/** Of the vendor's platform for files, which the same clients ask. */
const UPLOAD_VERSION = '2019-12-19'

/** Without a second picture nothing is compared. */
const picturesOfCheck = (parameters: ReadonlyMap<string, string>): number =>
  parameters.get('VerifyModel') === '0' && parameters.get('ProductCode') === 'FACE_IDU_MIN' ? 1 : 2

const keepalive: Run = async () => ({ Result: { Result: 'SUCCESS' } })

export const ACTIONS: Readonly<Record<string, Action>> = {
  AddFaceRecord: { version: VERSION, pictures: 1, run: addFaceRecord },
  QueryFaceRecord: { version: VERSION, pictures: 0, run: queryFaceRecord },
  ModifyFaceRecord: { version: VERSION, pictures: 1, run: modifyFaceRecord },
  DeleteFaceRecord: { version: VERSION, pictures: 0, run: deleteFaceRecord },
  DeleteFaceRecordV2: { version: VERSION, pictures: 0, run: deleteFaceRecordV2 },
  AddFaceGroup: { version: VERSION, pictures: 0, run: addFaceGroup },
  QueryFaceGroup: { version: VERSION, pictures: 0, run: queryFaceGroup },
  ModifyFaceGroup: { version: VERSION, pictures: 0, run: modifyFaceGroup },
  DeleteFaceGroup: { version: VERSION, pictures: 0, run: deleteFaceGroup },
  FaceDuplicationCheckIntl: {
    version: VERSION,
    pictures: 1,
    picturesOf: picturesOfCheck,
    run: faceDuplicationCheckIntl,
  },
  FaceVerifyIntl: { version: VERSION, pictures: 1, picturesOf: picturesOfCheck, run: faceVerifyIntl },
  FaceCompare: { version: VERSION, pictures: 2, run: faceCompare },
  FaceLiveness: { version: VERSION, pictures: 1, run: faceLiveness },
  KeepaliveIntl: { version: VERSION, pictures: 0, run: keepalive },
  AuthorizeFileUpload: { version: UPLOAD_VERSION, pictures: 0, run: authorizeFileUpload },
}

/** Old-style clients may write the first letter small. */
export const findAction = (name: string): (Action & { readonly name: string }) | null => {
  const full = name.charAt(0).toUpperCase() + name.slice(1)
  return Object.hasOwn(ACTIONS, full) ? { name: full, ...ACTIONS[full] } : null
}
