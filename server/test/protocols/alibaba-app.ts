// What the tests of the Alibaba Cloud protocol begin with: a server over the fake core with a pair of keys, groups, records,
// and how the made-up engine judges a face. Asserts nothing.
import { type FakeApp, type FakeAppOptions, openFakeApp } from '../fake-app.ts'
import {
  base64,
  createVendorClient,
  type Fields,
  makeKeys,
  picture,
  readingHeads,
  type VendorAnswer,
  type VendorClient,
} from './alibaba-client.ts'

export interface AlibabaServer {
  readonly app: FakeApp
  /** Of a pair of the first tenant. */
  readonly client: VendorClient
}

/** Its pictures are those of `picture`. */
export const openAlibaba = async (options: FakeAppOptions = {}): Promise<AlibabaServer> => {
  const app = await openFakeApp({ adapt: readingHeads(), ...options })
  return { app, client: createVendorClient(app.url, await makeKeys(app)) }
}

/** Its FaceGroupCode. */
export const makeGroup = async (client: VendorClient, Name: string): Promise<string> =>
  (await client.call('AddFaceGroup', { Name })).body.Result.Code

/** How most records are added and listed: in this group, by this client, unless told otherwise. */
export const recordsOf = (client: VendorClient, code: string) => ({
  add: (fields: Fields, from = client): Promise<VendorAnswer> =>
    from.call('AddFaceRecord', { ProductCode: 'FACE_ENROLL', FaceGroupCode: code, ...fields }),
  list: (query: Fields, from = client): Promise<VendorAnswer> =>
    from.call('QueryFaceRecord', {}, { query: { CurrentPage: 1, PageSize: 100, FaceGroupCode: code, ...query } }),
})

/** Of a user who is called like the person in the picture. */
export const recordOf = (person: string): Fields => ({
  MerchantUserId: person,
  FacePicture: base64(picture(person)),
})

/** Of the components that a face is judged by, those that the vendor's answers are made of, and some. */
const COMPONENTS = [
  'overExposure',
  'interEyeDistance',
  'poseYaw',
  'posePitch',
  'luminance',
  'sharpness',
  'faceOcclusion',
]
const FINDINGS = { blur: 'sharpness', dark: 'luminance', grayscale: 'luminance' }

/** A face in which this is found; every component is at 90 that has no other score. */
export const qualityOf = (
  found: keyof typeof FINDINGS | null,
  { scores = {}, unified = null }: { scores?: Readonly<Record<string, number>>; unified?: object | null } = {},
): object => ({
  components: Object.fromEntries(
    COMPONENTS.map(name => [name, { value: 1, unit: 'share', score: scores[name] ?? 90 }]),
  ),
  unified,
  findings: Object.fromEntries(
    Object.entries(FINDINGS).map(([name, component]) => [
      name,
      { present: name === found, component, value: 1, unit: 'share', threshold: 2 },
    ]),
  ),
})
