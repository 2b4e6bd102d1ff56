// Enrolling folders, searching, verifying, comparing and detecting: the commands against a real server and real models.
import assert from 'node:assert/strict'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { assertFailed, createFolder, run, startLikeness } from './cli.fixture.ts'

/** Six pictures that come with an npm package; number 1 shows several people. */
const sample = (number: number): string =>
  fileURLToPath(import.meta.resolve(`@vladmandic/face-api/demo/sample${number}.jpg`))

const env = await startLikeness({ after })
const folder = await createFolder({ after })
await mkdir(join(folder, 'anna'))
await mkdir(join(folder, 'bert'))
await copyFile(sample(3), join(folder, 'anna', '1.jpg'))
await copyFile(sample(4), join(folder, 'bert', '1.jpg'))
await copyFile(sample(5), join(folder, 'Person_0001.jpg'))
await writeFile(join(folder, 'bert', 'broken.jpg'), 'no picture at all')
await writeFile(join(folder, 'notes.txt'), 'not meant to be a picture')

test('galleries are created, shown, listed and deleted', async () => {
  const created = await run(['galleries', 'create', 'first', '--name', 'The first', '--json'], env)
  assert.equal(created.code, 0)
  assert.equal(JSON.parse(created.stdout).name, 'The first')
  assertFailed(await run(['galleries', 'create', 'first'], env), 3, /gallery_exists/)
  assert.match((await run(['galleries', 'show', 'first'], env)).stdout, /The first/)
  assertFailed(await run(['galleries', 'delete', 'first'], env), 2, /erases 0 people and 0 faces.*--yes/)
  assert.deepEqual(JSON.parse((await run(['galleries', 'list', '--json'], env)).stdout).items.length, 1)
  assert.equal((await run(['galleries', 'delete', 'first', '--yes'], env)).code, 0)
  assertFailed(await run(['galleries', 'show', 'first'], env), 3, /gallery_not_found/)
})

test('enrol needs a gallery or --create', async () => {
  assertFailed(await run(['enrol', 'nowhere', folder], env), 3, /"nowhere".*gallery_not_found/)
})

test('enrol takes a folder of subjects, refuses one file by name and ends with a code of its own', async () => {
  const { code, stdout, stderr } = await run(['enrol', 'people', folder, '--create', '--json'], env)
  const { seconds, ...summary } = JSON.parse(stdout)
  const [{ detail, ...refused }] = summary.refused
  assert.deepEqual(
    { ...summary, refused },
    {
      enrolled: 3,
      duplicates: [],
      refused: { path: join(folder, 'bert', 'broken.jpg'), code: 'image_format_unsupported' },
      subjects: 3,
    },
  )
  assert.match(detail, /^The bytes are not .*picture\.$/)
  assert.ok(seconds >= 0)
  assert.equal(stderr, '')
  assert.equal(code, 7)
})

test('enrol tells people the same in words', async () => {
  const { code, stdout } = await run(['enrol', 'words', folder, '--create'], env)
  assert.match(stdout, /^Enrolled 3 pictures of 3 people in "words" \([\d.]+ s\)\.\nSkipped 1 file /)
  assert.match(stdout, /\nRefused 1 picture:\n\nreason +pictures\nimage_format_unsupported +1\n/)
  assert.match(stdout, /broken\.jpg: The bytes are not/)
  assert.equal(code, 7)
})

test('enrol of one file for a named subject, and verify', async () => {
  assert.equal((await run(['enrol', 'named', sample(6), '--subject', 'jo/é', '--create'], env)).code, 0)
  const same = await run(['verify', 'named', 'jo/é', sample(6)], env)
  assert.match(same.stdout, /^Match: this is "jo\/é" \(similarity 100, threshold \d+, false match rate about 1 in /)
  assert.equal(same.code, 0)
  const other = await run(['verify', 'named', 'jo/é', sample(3), '--json', '--max-fmr', '1e-5'], env)
  assert.equal(JSON.parse(other.stdout).match, false)
  assert.equal(JSON.parse(other.stdout).threshold, 85)
  assert.equal(other.code, 1)
  assertFailed(await run(['verify', 'named', 'nobody', sample(3)], env), 3, /subject_not_found/)
})

test('search finds who was enrolled, and says by its exit code when there is nobody', async () => {
  await run(['enrol', 'searched', folder, '--create'], env)
  const found = await run(['search', 'searched', sample(3)], env)
  assert.match(found.stdout, /^subject +similarity +false match rate\nanna +100 +about 1 in [\d,]+\n/)
  assert.equal(found.code, 0)
  const asJson = JSON.parse((await run(['search', 'searched', sample(5), '--json', '--limit', '1'], env)).stdout)
  assert.equal(asJson.candidates[0].subjectId, 'Person_0001')
  assert.equal(asJson.gallerySize, 3)
  const none = await run(['search', 'searched', sample(6), '--threshold', '99'], env)
  assert.match(none.stdout, /^Nobody in "searched" reaches the threshold of 99 \(3 faces searched\)\.\n$/)
  assert.equal(none.code, 1)
})

test('compare', async () => {
  const same = await run(['compare', sample(3), sample(3)], env)
  assert.match(same.stdout, /^Match: the same person \(similarity 100, threshold 80, /)
  assert.equal(same.code, 0)
  const different = await run(['compare', sample(3), sample(4), '--threshold', '90', '--json'], env)
  assert.equal(JSON.parse(different.stdout).threshold, 90)
  assert.equal(different.code, 1)
})

test('detect', async () => {
  const { code, stdout } = await run(['detect', sample(1)], env)
  assert.match(stdout, /: 1920 x 1280 pixels, \d faces?\n\n +x +y +width/)
  assert.equal(code, 0)
  const full = JSON.parse((await run(['detect', sample(1), '--json', '--points', '--template'], env)).stdout)
  assert.equal(full.faces[0].points.length, 468)
  assert.equal(full.faces[0].template.length, 128)
  assertFailed(await run(['detect', join(folder, 'notes.txt')], env), 3, /image_format_unsupported/)
})
