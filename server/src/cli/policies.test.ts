// Enrolment policies at the command line: set, shown, obeyed and told of; searches over several galleries and by metadata.
import assert from 'node:assert/strict'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { assertFailed, createFolder, run, startLikeness } from './cli.fixture.ts'

/** Pictures that come with an npm package, of six people. */
const sample = (number: number): string =>
  fileURLToPath(import.meta.resolve(`@vladmandic/face-api/demo/sample${number}.jpg`))

const env = await startLikeness({ after })
const folder = await createFolder({ after })
const likeness = (...args: string[]) => run(args, env)
const readJson = async (...args: string[]) => JSON.parse((await likeness(...args, '--json')).stdout)

test('a policy is set with the gallery, changed in part and shown', async () => {
  const given = ['--max-faces', '3', '--when-full', 'replace_oldest', '--existing', 'replace']
  const created = await readJson(
    'galleries',
    'create',
    'shown',
    ...given,
    '--duplicate-threshold',
    '91.5',
    '--capture',
    'required',
  )
  const policy = {
    maxFacesPerSubject: 3,
    whenFull: 'replace_oldest',
    existingSubject: 'replace',
    severalFaces: 'largest',
    duplicates: 'allow',
    duplicateThreshold: 91.5,
    capture: 'required',
    acceptance: { profile: 'none', rules: {} },
    probeAcceptance: { profile: 'none', rules: {} },
  }
  assert.deepEqual(created.policy, policy)
  assert.match((await likeness('galleries', 'show', 'shown')).stdout, /\nduplicate threshold +91\.5\n/)
  const acceptance = ['--acceptance', 'document,hat=refuse', '--probe-acceptance', 'probe']
  const changes = [
    '--several-faces',
    'refuse',
    '--duplicates',
    'warn',
    '--duplicate-threshold',
    'auto',
    '--capture',
    'optional',
    ...acceptance,
  ]
  const changed = await likeness('galleries', 'update', 'shown', ...changes, '--name', 'Shown')
  assert.equal(changed.stdout, 'Changed the gallery "shown".\n')
  const { name, policy: now } = await readJson('galleries', 'show', 'shown')
  assert.equal(name, 'Shown')
  assert.deepEqual(now, {
    ...policy,
    severalFaces: 'refuse',
    duplicates: 'warn',
    duplicateThreshold: null,
    capture: 'optional',
    acceptance: { profile: 'document', rules: { hat: { action: 'refuse' } } },
    probeAcceptance: { profile: 'probe', rules: {} },
  })
  assert.match(
    (await likeness('galleries', 'show', 'shown')).stdout,
    /\nmax faces +3\nwhen full +replace_oldest\nexisting +replace\nseveral faces +refuse\nduplicates +warn\nduplicate threshold +auto\ncapture +optional\nacceptance +document,hat=refuse\nprobe acceptance +probe\n/,
  )
})

test('what is no policy is refused in one sentence', async () => {
  for (const [option, value, sentence] of [
    ['--max-faces', '0', /whole number from 1 to/],
    ['--when-full', 'burst', /refuse, replace_oldest/],
    ['--existing', 'keep', /append, replace, refuse/],
    ['--several-faces', 'all', /largest, refuse/],
    ['--duplicates', 'ask', /allow, warn, refuse/],
    ['--duplicate-threshold', '101', /0 to 100, or "auto"/],
    ['--acceptance', 'strict', /must begin with none, document/],
    ['--probe-acceptance', 'none,mask=refuse:2', /from 0 to 1/],
  ] as const)
    assertFailed(await likeness('galleries', 'create', 'bad', option, value), 2, sentence)
  assertFailed(await likeness('galleries', 'update', 'shown'), 2, /what to change.*--help/)
  assertFailed(await likeness('galleries', 'update', 'nowhere', '--name', 'x'), 3, /gallery_not_found/)
  assertFailed(await likeness('galleries', 'show', 'bad'), 3, /gallery_not_found/)
})

test('enrol names the people whom a new face is like, and goes on after a refusal by the policy', async () => {
  await likeness('galleries', 'create', 'guarded', '--duplicates', 'warn', '--max-faces', '1')
  const first = await readJson('enrol', 'guarded', sample(3), '--subject', 'anna')
  assert.deepEqual(first.duplicates, [])
  const warned = await likeness('enrol', 'guarded', sample(3), '--subject', 'bert')
  assert.match(
    warned.stdout,
    /^Enrolled 1 picture of 1 person .*\n1 picture of these may show people who are there already:\n.*sample3\.jpg: like "anna" \(similarity 100\)\n$/,
  )
  assert.equal(warned.code, 0)

  await mkdir(join(folder, 'zoe'))
  await copyFile(sample(3), join(folder, 'anna.jpg'))
  await copyFile(sample(3), join(folder, 'carl.jpg'))
  await copyFile(sample(4), join(folder, 'zoe', '1.jpg'))
  await copyFile(sample(4), join(folder, 'zoe', '2.jpg'))
  await likeness('galleries', 'update', 'guarded', '--duplicates', 'refuse', '--duplicate-threshold', '90')
  const { code, stdout } = await likeness('enrol', 'guarded', folder)
  assert.match(stdout, /^Enrolled 1 picture of 1 person in "guarded"/)
  assert.match(stdout, /\nRefused 3 pictures:\n\nreason +pictures\nsubject_full +2\nduplicate_face +1\n/)
  assert.match(
    stdout,
    /carl\.jpg: The face is like one of subject "(anna|bert)" of gallery "guarded" \(similarity 100\)\.\n/,
  )
  assert.match(stdout, /anna\.jpg: Subject "anna" of gallery "guarded" has 1 of at most 1 faces?\.\n/)
  assert.equal(code, 7)
  await likeness('galleries', 'update', 'guarded', '--existing', 'refuse')
  const again = await readJson('enrol', 'guarded', sample(4), '--subject', 'zoe')
  assert.deepEqual([again.enrolled, again.refused[0].code], [0, 'subject_exists'])
})

test('search looks into several galleries, and at people with some metadata only', async () => {
  await likeness('enrol', 'sales', sample(5), '--subject', 'eve', '--create')
  await likeness('enrol', 'staff', sample(6), '--subject', 'eve', '--create')
  const authorization = `Bearer ${env.LIKENESS_KEY}`
  await fetch(`${env.LIKENESS_URL}/v1/galleries/sales/subjects/eve`, {
    method: 'PATCH',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ metadata: { floor: 3, team: 'a=b' } }),
  })
  const both = ['--gallery', 'staff', '--gallery', 'sales']
  const found = await likeness('search', ...both, sample(5))
  assert.match(
    found.stdout,
    /^gallery +subject +similarity +false match rate +metadata\nsales +eve +100 +.* floor=3 team=a=b\n/,
  )
  assert.match(found.stdout, /\nThreshold [\d.]+, 2 faces searched\.\n$/)
  const none = await likeness('search', ...both, sample(3), '--threshold', '95')
  assert.match(none.stdout, /^Nobody in "staff", "sales" reaches the threshold of 95 \(2 faces searched\)/)

  const search = async (...filters: string[]) =>
    (await likeness('search', 'sales', sample(5), ...filters.flatMap(each => ['--filter', each]))).code
  assert.equal(await search('floor=3', 'team=a=b'), 0)
  assert.equal(await search('floor="3"'), 1)
  assert.equal(await search('floor=4'), 1)
  assertFailed(await likeness('search', 'sales', sample(5), '--filter', 'floor'), 2, /key=value/)
  assertFailed(await likeness('search', 'sales', sample(5), '--filter', 'a=1', '--filter', 'a=2'), 2, /"a" .* once/)
  assertFailed(await likeness('search', 'sales'), 2, /a gallery and a picture/)
  assertFailed(await likeness('search', 'sales', sample(5), '--gallery', 'staff'), 2, /"sales" before it/)
  assertFailed(await likeness('search', ...both, '--gallery', 'nowhere', sample(5)), 3, /gallery_not_found/)
})
