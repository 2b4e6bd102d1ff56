// On evaluation pictures that nothing was trained on, where this machine has them: skipped elsewhere.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { ATTRIBUTES, type FaceAttributes } from '../../server/src/core/face-attributes.ts'
import { DEFAULT_LIMITS } from '../../server/src/limits.ts'
import { openAttributeJudge } from '../../server/src/vision/attributes.ts'
import { decodeImage } from '../../server/src/vision/decode.ts'
import { ensureJudgePacks } from '../../server/src/vision/judge-packs.ts'
import type { MeshedFace } from '../../server/src/vision/mesh.ts'
import { ensurePack } from '../../server/src/vision/packs/install.ts'
import { sharedPath } from '../../server/src/vision/pictures.fixture.ts'
import { openPipeline, PACKS_DIR } from '../../server/src/vision/pipeline.fixture.ts'

const FIXTURES = sharedPath('data/fixtures')
const skip = existsSync(FIXTURES) ? false : `there are no evaluation pictures in ${FIXTURES}`

const openJudge = async () => {
  const look = await openPipeline()
  const { attributes } = await ensureJudgePacks({ packsDir: PACKS_DIR }, { attributes: ATTRIBUTES, liveness: 'off' })
  const judge = await openAttributeJudge(await ensurePack({ id: 'open', packsDir: PACKS_DIR }), attributes)
  return async (path: string): Promise<FaceAttributes> => {
    const bytes = new Uint8Array(await readFile(`${FIXTURES}/${path}`))
    const { faces } = await look(bytes, { templates: 'none', points: true })
    const { raster, reduction } = await decodeImage(bytes, DEFAULT_LIMITS)
    const points = Float32Array.from(faces[0].points!.flat(), value => value / reduction)
    return judge.judge(raster, { mesh: { points } } as MeshedFace)
  }
}

const presentIn = (answers: FaceAttributes) => ATTRIBUTES.filter(name => answers[name]!.present)

test('a real mask is found, and bare faces wear nothing', { skip }, async () => {
  const judge = await openJudge()
  assert.ok((await judge('inspireface/bulk/mask.png')).mask!.present)
  for (const path of ['face_recognition/obama-720p.jpg', 'face_recognition/biden.jpg', 'compreface/001_A.jpg'])
    assert.deepEqual(presentIn(await judge(path)), [], path)
})
