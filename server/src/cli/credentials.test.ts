// The pairs of the other protocols at the command line: made, listed without secrets, revoked, sub-users, temporary pairs.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertFailed, createFolder, run } from './cli.fixture.ts'

const PAIRS = [
  ['advance', 'accessKey', 'secretKey'],
  ['verihubs', 'appId', 'apiKey'],
  ['alibaba', 'accessKeyId', 'accessKeySecret'],
] as const

test('a pair is printed with the names of its protocol and what it is bound to, and its secret this once', async context => {
  const dataDir = await createFolder(context)
  const regionsFile = join(dataDir, 'regions.json')
  await writeFile(regionsFile, '{"regions": {"default": {}, "eu": {}}}')
  const env = { LIKENESS_DATA_DIR: dataDir, LIKENESS_REGIONS_FILE: regionsFile }
  await run(['tenants', 'create', 'acme'], env)
  const bound = ['--tenant', 'acme', '--region', 'eu', '--gallery', 'staff', '--name', 'Door']
  const secrets: string[] = []
  for (const [protocol, publicName, secretName] of PAIRS) {
    const { stdout } = await run(['credentials', 'create', '--protocol', protocol, ...bound, '--json'], env)
    const { [publicName]: publicHalf, [secretName]: secret, createdAt, id, ...rest } = JSON.parse(stdout)
    assert.ok(publicHalf && secret && createdAt && id)
    assert.deepEqual(rest, {
      protocol,
      publicId: publicHalf,
      tenant: 'acme',
      region: 'eu',
      gallery: 'staff',
      name: 'Door',
      parent: null,
      deniedActions: [],
      mode: protocol === 'verihubs' ? 'live' : null,
      testingQuota: null,
      limits: null,
      expiresAt: null,
      revokedAt: null,
    })
    secrets.push(secret)
  }
  const listed = await run(['credentials', 'list', '--tenant', 'acme'], env)
  assert.match(listed.stdout, /^id +protocol +public half +state +tenant +region +gallery +name\n/)
  for (const [protocol] of PAIRS)
    assert.match(listed.stdout, new RegExp(` ${protocol} +\\S+ +valid +acme +eu +staff +Door\n`))
  const json = (await run(['credentials', 'list', '--json'], env)).stdout
  for (const secret of secrets) assert.ok(!listed.stdout.includes(secret) && !json.includes(secret))
  assert.equal((await run(['credentials', 'list'], env)).stdout.split('\n').length, PAIRS.length + 2)
})

test('sub-users and temporary pairs hang on a pair, and are revoked with it', async context => {
  const env = { LIKENESS_DATA_DIR: await createFolder(context) }
  const create = async (...args: string[]) => JSON.parse((await run(['credentials', ...args, '--json'], env)).stdout)
  const parent = await create('create', '--protocol', 'alibaba')
  const subUser = await create('create', '--parent', parent.id, '--deny', 'AddFaceRecord', '--deny', 'Other')
  assert.deepEqual([subUser.parent, subUser.deniedActions], [parent.id, ['AddFaceRecord', 'Other']])
  const temporary = await create('sts', subUser.id, '--ttl', '900')
  assert.match(temporary.accessKeyId, /^STS\./)
  assert.ok(temporary.securityToken && temporary.accessKeySecret)
  assert.equal(Date.parse(temporary.expiresAt) - Date.parse(temporary.createdAt), 900_000)
  assert.match((await run(['credentials', 'list'], env)).stdout, /STS\.\S+ +valid until/)

  assert.equal((await run(['credentials', 'revoke', parent.id], env)).code, 0)
  const { items } = JSON.parse((await run(['credentials', 'list', '--json'], env)).stdout)
  assert.equal(items.length, 3)
  assert.ok(items.every((each: { revokedAt: string | null }) => each.revokedAt !== null))
})

test('a key is a credential, and only a key is revoked as one', async context => {
  const env = { LIKENESS_DATA_DIR: await createFolder(context) }
  const pair = JSON.parse((await run(['credentials', 'create', '--protocol', 'advance', '--json'], env)).stdout)
  const key = JSON.parse((await run(['keys', 'create', '--json'], env)).stdout)
  assertFailed(await run(['keys', 'revoke', pair.id], env), 3, /no key with the id/)
  assert.match((await run(['credentials', 'list'], env)).stdout, / native +valid /)
  assert.equal((await run(['credentials', 'revoke', key.id], env)).code, 0)
  assert.match((await run(['keys', 'list'], env)).stdout, /revoked/)
})

test('people are shown the pair with how to revoke it', async context => {
  const env = { LIKENESS_DATA_DIR: await createFolder(context) }
  assert.match((await run(['credentials', 'list'], env)).stdout, /^There are no credentials yet/)
  const { stdout } = await run(['credentials', 'create', '--protocol', 'verihubs'], env)
  assert.match(
    stdout,
    /^Shown this once:\n {2}appId: \S+\n {2}apiKey: \S+\nRevoke it: npx likeness credentials revoke \S+\n$/,
  )
})

test('an application of verihubs has a mode and a gallery of its own; in testing mode a quota that is set back', async context => {
  const env = { LIKENESS_DATA_DIR: await createFolder(context) }
  const call = async (...args: string[]) => JSON.parse((await run(['credentials', ...args, '--json'], env)).stdout)
  const live = await call('create', '--protocol', 'verihubs')
  assert.deepEqual([live.mode, live.testingQuota, live.gallery], ['live', null, `verihubs-${live.appId}`])
  const testing = await call('create', '--protocol', 'verihubs', '--mode', 'testing')
  assert.deepEqual([testing.mode, testing.testingQuota], ['testing', 100])
  const small = await call('create', '--protocol', 'verihubs', '--mode', 'testing', '--testing-quota', '3')
  assert.deepEqual(await call('testing', small.id), { id: small.id, testingQuota: 3, used: {} })
  assert.equal((await call('testing', small.id, '--quota', '5', '--reset')).testingQuota, 5)
  assert.match((await run(['credentials', 'testing', small.id], env)).stdout, /^Uses of each product: 5\n$/)
  assert.match((await run(['credentials', 'list'], env)).stdout, / verihubs \(testing\) +/)
  const fails = async (args: string, code: number, sentence: RegExp) =>
    assertFailed(await run(['credentials', ...args.split(' ')], env), code, sentence)
  await fails(`testing ${live.id}`, 3, /no application in testing mode/)
  await fails('create --protocol verihubs --mode other', 2, /live, testing, sandbox/)
  await fails('create --protocol advance --mode live', 3, /Modes are of protocol verihubs/)
  await fails('create --protocol verihubs --testing-quota 3', 3, /goes with the mode "testing"/)
  await fails('create --protocol verihubs --mode testing --testing-quota -1', 2, /whole number from 0/)
})

test('what cannot be done is one sentence', async context => {
  const env = { LIKENESS_DATA_DIR: await createFolder(context) }
  const fails = async (args: string, code: number, sentence: RegExp) =>
    assertFailed(await run(['credentials', ...args.split(' ')], env), code, sentence)
  await fails('create', 2, /--protocol, or --parent/)
  await fails('create --protocol native', 2, /advance, verihubs, alibaba/)
  await fails('create --protocol advance --deny One', 2, /--deny goes with --parent/)
  await fails('create --parent x', 2, /needs --deny/)
  await fails('create --parent x --protocol alibaba --deny One', 2, /cannot be used with/)
  await fails('create --parent x --deny One', 3, /no valid credential with the id x/)
  await fails('create --protocol advance --tenant nobody', 3, /tenant_not_found/)
  await fails('create --protocol advance --region mars', 3, /region_not_found/)
  await fails('create --protocol advance --gallery /', 3, /request_invalid/)
  await fails('sts x --ttl 899', 2, /whole number from 900 to 43200/)
  await fails('sts x --ttl 900', 3, /no valid credential/)
  await fails('revoke x', 3, /no credential with the id x/)
})
