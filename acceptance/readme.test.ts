// The README's commands do what the README says, on the pictures that it names.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ROOT, runCommand, startServer } from './support.ts'

const folder = await mkdtemp(join(tmpdir(), 'likeness-acceptance-'))
const server = await startServer(join(folder, 'data'))
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
/** Each "$ npx likeness …" with the lines that the README shows below it. */
const commands = [...readme.matchAll(/^\$ (npx likeness [^\n]+)\n((?:(?!\$|```)[^\n]*\n)*)/gm)].map(
  ([, command, shown]) => ({ command, shown }),
)

/** Times and the like differ from run to run. */
const withoutFigures = (text: string): string =>
  text
    .replace(/\d[\d,.]*/g, '0')
    .replace(/ +/g, ' ')
    .trim()

test('the README enrols and searches before line 60', () => {
  const line = (word: string): number =>
    readme.split('\n').findIndex(text => text.startsWith(`$ npx likeness ${word}`)) + 1
  assert.ok(line('enrol') > 0 && line('enrol') < 60)
  assert.ok(line('search') > line('enrol') && line('search') < 60)
})

for (const { command, shown } of commands)
  test(command, async () => {
    const output = await runCommand(command, { url: server.url, key: server.key ?? '' })
    assert.equal(withoutFigures(output), withoutFigures(shown))
  })

test('the person of the picture comes first, with full similarity', async () => {
  const { command } = commands.find(each => each.command.startsWith('npx likeness search')) ?? assert.fail()
  const wanted = /(sample\d)\.jpg/.exec(command)?.[1]
  const output = await runCommand(`${command} --json`, { url: server.url, key: server.key ?? '' })
  const { candidates } = JSON.parse(output)
  assert.deepEqual([candidates[0]?.subjectId, candidates[0]?.similarity], [wanted, 100])
})
