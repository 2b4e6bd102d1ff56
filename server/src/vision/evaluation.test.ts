// The pipeline on the annotated evaluation pictures: one detection threshold for all of them. They lie beside the
// repository on a developer's machine only; elsewhere each of these tests says what is missing.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { sharedPath } from './pictures.fixture.ts'
import { cosineOf, openPipeline } from './pipeline.fixture.ts'

const FIXTURES = 'data/fixtures'
const fixture = (path: string): string => sharedPath(`${FIXTURES}/${path}`)
const skip = existsSync(sharedPath(FIXTURES)) ? false : `../shared/${FIXTURES} is not there`
const list = async (folder: string): Promise<string[]> => (skip ? [] : await readdir(fixture(folder)))

const look = await openPipeline()
const lookAt = async (path: string) => look(new Uint8Array(await readFile(fixture(path))))

/** "010_2.jpg" shows two people, "004_A.jpg" person A alone. */
const annotated = (name: string): number => Number(/_(\d)\.jpg$/.exec(name)?.[1] ?? 1)

describe('exactly the annotated number of faces', { skip }, async () => {
  const pictures = (await list('compreface')).filter(name => /^\d{3}_.\.jpg$/.test(name))
  test('there are 18 pictures', () => assert.equal(pictures.length, 18))
  for (const name of pictures)
    test(name, async () => {
      const { faces } = await lookAt(`compreface/${name}`)
      assert.equal(faces.length, annotated(name))
    })
})

describe('every pose and every turn shows its face', { skip }, async () => {
  for (const folder of ['inspireface/pose', 'inspireface/rotate'])
    for (const name of await list(folder))
      test(`${folder}/${name}`, async () => {
        assert.equal((await lookAt(`${folder}/${name}`)).faces.length, 1)
      })
})

describe('a picture that lies on its side or head gives the upright template, and tells the roll', { skip }, () => {
  for (const [degrees, roll] of [
    [90, 90],
    [180, 180],
    [270, -90],
  ])
    test(`${degrees} degrees`, async () => {
      const [upright] = (await lookAt('inspireface/rotate/rot_0.jpg')).faces
      const [turned] = (await lookAt(`inspireface/rotate/rot_${degrees}.jpg`)).faces
      const cosine = cosineOf(turned.template!, upright.template!)
      assert.ok(cosine >= 0.95, `cosine ${cosine}`)
      const apart = Math.abs(((turned.pose.roll - roll + 540) % 360) - 180)
      assert.ok(apart < 10, `roll ${turned.pose.roll}`)
    })
})

describe('no face where there is none', { skip }, () => {
  for (const path of [
    'compreface/017_0.jpg',
    'human/background.jpg',
    'inspireface/bulk/view.jpg',
    'inspireface/crop/no_face.png',
  ])
    test(path, async () => {
      assert.deepEqual((await lookAt(path)).faces, [])
    })
})
