// The measures on photographs of what they are about: turned heads, closed eyes, a blurred picture. They lie beside the
// repository on a developer's machine only; elsewhere these tests say what is missing.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { sharedPath } from '../pictures.fixture.ts'
import { openPipeline, presentIn } from '../pipeline.fixture.ts'

const FOLDER = 'data/fixtures/inspireface'
const skip = existsSync(sharedPath(FOLDER)) ? false : `../shared/${FOLDER} is not there`
const look = await openPipeline()

const qualityOf = async (path: string) => {
  const picture = new Uint8Array(await readFile(sharedPath(`${FOLDER}/${path}`)))
  const { faces } = await look(picture, { templates: 'largest', assess: ['quality'] })
  return faces[0].quality!
}

const scoreOf = async (path: string, component: 'poseYaw' | 'posePitch' | 'poseRoll' | 'eyesOpen' | 'faceOcclusion') =>
  (await qualityOf(path)).components[component].score!

describe('photographs of one fault each', { skip }, () => {
  test('heads turned to a side, and leaning heads', async () => {
    for (const path of ['pose/left_face.jpeg', 'pose/right_face.png']) assert.ok((await scoreOf(path, 'poseYaw')) < 50)
    for (const path of ['pose/left_wryneck.png', 'pose/right_wryneck.png'])
      assert.ok((await scoreOf(path, 'poseRoll')) < 70)
    for (const path of ['pose/lower_face.jpeg', 'pose/rise_face.jpeg'])
      assert.ok((await scoreOf(path, 'posePitch')) < 90)
    for (const component of ['poseYaw', 'posePitch', 'poseRoll'] as const)
      assert.ok((await scoreOf('RD/d1.jpeg', component)) > 90)
  })

  test('closed eyes, one closed eye, open eyes', async () => {
    assert.ok((await scoreOf('reaction/close_eyes.jpeg', 'eyesOpen')) < 50)
    assert.ok((await scoreOf('reaction/close_open_eyes.jpeg', 'eyesOpen')) < 50)
    assert.ok((await scoreOf('reaction/open_eyes.png', 'eyesOpen')) > 90)
  })

  test('a mask', async () => {
    assert.ok((await scoreOf('bulk/woman.png', 'faceOcclusion')) > 90)
    for (const path of ['bulk/mask.png', 'crop/crop_mask.png']) assert.ok((await scoreOf(path, 'faceOcclusion')) < 10)
  })

  test('a blurred picture, and a grey one', async () => {
    assert.deepEqual(presentIn((await qualityOf('bulk/blur.jpg')).findings), {
      blur: true,
      dark: false,
      grayscale: false,
    })
    assert.equal((await qualityOf('RD/d4.jpeg')).findings!.grayscale.present, true)
    assert.deepEqual(presentIn((await qualityOf('RD/d1.jpeg')).findings), {
      blur: false,
      dark: false,
      grayscale: false,
    })
  })
})
