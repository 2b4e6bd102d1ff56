// Which pictures an enrolment means and whose they are.
import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createFolder } from './cli.fixture.ts'
import { findPictures } from './pictures.ts'

/** A folder with these files in it; what a path means there, with paths from that folder. */
const prepare = async (context: TestContext, files: readonly string[]) => {
  const folder = await createFolder(context)
  for (const file of files) {
    await mkdir(join(folder, file, '..'), { recursive: true })
    await writeFile(join(folder, file), '')
  }
  const find = async (path: string, subjectId?: string) => {
    const { pictures, skipped } = await findPictures([join(folder, path)], subjectId)
    return { skipped, pictures: pictures.map(each => [relative(folder, each.path), each.subjectId]) }
  }
  return { folder, find }
}

test('a folder of pictures: one subject a file, by its full name', async context => {
  const { find } = await prepare(context, ['b.png', 'Person_0001.JPG', 'a.tar.webp', 'x.txt', '.hidden.jpg'])
  assert.deepEqual(await find('.'), {
    skipped: 1,
    pictures: [
      ['Person_0001.JPG', 'Person_0001'],
      ['a.tar.webp', 'a.tar'],
      ['b.png', 'b'],
    ],
  })
})

test('a folder of folders: one subject a folder, beside pictures of its own', async context => {
  const { find } = await prepare(context, [
    'own.jpg',
    'Anna/1.jpg',
    'Anna/2.heic',
    'Anna/cv.pdf',
    'Bert/1.jpg',
    '.git/x.jpg',
  ])
  assert.deepEqual(await find('.'), {
    skipped: 1,
    pictures: [
      ['own.jpg', 'own'],
      [join('Anna', '1.jpg'), 'Anna'],
      [join('Anna', '2.heic'), 'Anna'],
      [join('Bert', '1.jpg'), 'Bert'],
    ],
  })
})

test('a file is taken whatever its name, and --subject names the person', async context => {
  const { find } = await prepare(context, ['scan.data', 'anna/1.jpg', 'anna/2.jpg'])
  assert.deepEqual((await find('scan.data')).pictures, [['scan.data', 'scan']])
  assert.deepEqual((await find('scan.data', 'Jo')).pictures, [['scan.data', 'Jo']])
  assert.deepEqual(
    (await find('anna', 'Jo')).pictures.map(([, subjectId]) => subjectId),
    ['Jo', 'Jo'],
  )
})

test('names become NFC, and links are followed', async context => {
  const { folder, find } = await prepare(context, ['in/Jose\u0301.jpg', 'far/1.jpg'])
  await symlink(join(folder, 'far'), join(folder, 'in', 'linked'))
  assert.deepEqual(
    (await find('in')).pictures.map(([, subjectId]) => subjectId),
    ['Jos\u00e9', 'linked'],
  )
})

test('what cannot be told apart is refused before anything is sent', async context => {
  const { find } = await prepare(context, ['set/anna/1.jpg', 'set/anna/2024/1.jpg', 'empty/readme.txt'])
  await assert.rejects(find('set'), /anna.2024 lies too deep/)
  await assert.rejects(find('set', 'Jo'), /has folders in it.*--subject/)
  await assert.rejects(find('empty'), /There are no pictures in .*empty/)
  await assert.rejects(find('missing'), /There is no file or folder .*missing/)
})
