// Tenants, usage and the audit trail at the command line, beside a running server and without one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertFailed, createFolder, run, startLikeness } from './cli.fixture.ts'

test('a tenant is made, suspended and resumed beside the running server', async context => {
  const env = await startLikeness(context)
  const created = JSON.parse((await run(['tenants', 'create', 'acme', '--name', 'Acme Ltd.', '--json'], env)).stdout)
  assert.match(created.createdAt, /^\d{4}-.*Z$/)
  const { createdAt } = created
  assert.deepEqual(created, {
    id: 'acme',
    name: 'Acme Ltd.',
    status: 'active',
    imageUrls: null,
    pictureShape: 'any',
    frameHours: 24,
    resultDays: 60,
    createdAt,
  })
  const { key } = JSON.parse((await run(['keys', 'create', '--tenant', 'acme', '--json'], env)).stdout)
  const withKey = { ...env, LIKENESS_KEY: key }
  assert.equal((await run(['galleries', 'create', 'staff'], withKey)).code, 0)

  assert.equal((await run(['tenants', 'suspend', 'acme'], env)).stdout, 'Suspended the tenant acme.\n')
  assertFailed(await run(['galleries', 'list'], withKey), 5, /"acme".*suspended.*tenant_suspended/)
  assert.match(
    (await run(['tenants', 'list'], env)).stdout,
    /^id +status +image URLs +pictures +frames +results +created +name\nacme +suspended +default +any +24 h +60 d +\S+ +Acme Ltd\.\n/,
  )
  assert.equal((await run(['tenants', 'resume', 'acme'], env)).stdout, 'Resumed the tenant acme.\n')
  assert.match((await run(['galleries', 'list'], withKey)).stdout, /staff/)

  const counts = JSON.parse((await run(['usage', '--tenant', 'acme', '--json'], env)).stdout).items
  const made = counts.find((each: { operation: string }) => each.operation === 'createGallery')
  assert.deepEqual(made, {
    day: new Date().toISOString().slice(0, 10),
    regionId: 'default',
    operation: 'createGallery',
    outcome: 'ok',
    count: 1,
  })
  const { items } = JSON.parse((await run(['audit', '--tenant', 'acme', '--json'], env)).stdout)
  assert.deepEqual(
    items.map(({ action }: { action: string }) => action),
    ['tenant.resume', 'tenant.suspend', 'gallery.create', 'credential.create', 'tenant.create'],
  )
  const text = await run(['audit', '--tenant', 'acme', '--gallery', 'staff', '--limit', '1'], env)
  assert.match(text.stdout, /^at +actor +action +what +face\n\S+ +\S+ +gallery\.create +staff\n$/)
})

test('pictures by URL are allowed or not, tenant by tenant, beside the running server', async context => {
  const env = await startLikeness(context)
  await run(['tenants', 'create', 'acme'], env)
  const { key } = JSON.parse((await run(['keys', 'create', '--tenant', 'acme', '--json'], env)).stdout)
  const detect = async () => {
    const response = await fetch(`${env.LIKENESS_URL}/v1/detect`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ image: 'http://127.0.0.1:80/' }),
    })
    const { code, detail } = (await response.json()) as { code: string; detail: string }
    return `${code}: ${detail}`
  }
  const set = (mode: string, ...more: string[]) => run(['tenants', 'set', 'acme', '--image-urls', mode, ...more], env)
  assert.match((await set('off')).stdout, /^Pictures by URL for the tenant acme: "off", or .* stricter\.\n$/)
  assert.match(await detect(), /image_url_refused: No pictures are fetched/)
  assert.equal(JSON.parse((await set('allow-list', '--json')).stdout).imageUrls, 'allow-list')
  assert.match(await detect(), /image_url_refused: .*list of allowed hosts/)
  assert.match((await run(['tenants', 'list'], env)).stdout, /\nacme +active +allow-list +/)
  const shape = await run(['tenants', 'set', 'acme', '--picture-shape', 'portrait'], env)
  assert.equal(shape.stdout, 'Pictures that the tenant acme enrols: only those that are higher than they are wide.\n')
  assert.match((await run(['tenants', 'list'], env)).stdout, /\nacme +active +allow-list +portrait +/)
  assert.equal(
    JSON.parse((await run(['tenants', 'set', 'acme', '--picture-shape', 'any', '--json'], env)).stdout).pictureShape,
    'any',
  )
  assert.match((await set('default')).stdout, /acme: the server's setting\.\n$/)
  assert.match(await detect(), /image_url_refused: .*public host/)
  const { items } = JSON.parse((await run(['audit', '--tenant', 'acme', '--json'], env)).stdout)
  assert.deepEqual(
    items.slice(0, 5).map(({ action, actor, target }: Record<string, string>) => [action, actor, target].join()),
    Array(5).fill('tenant.update,operator,acme'),
  )
})

test('without a server the lists are there as well', async context => {
  const env = { LIKENESS_DATA_DIR: await createFolder(context) }
  assert.match((await run(['tenants', 'list'], env)).stdout, /^id .*\ndefault +active /)
  assert.equal((await run(['usage'], env)).stdout, 'There were no calls.\n')
  assert.equal((await run(['audit'], env)).stdout, 'There is no such change.\n')
  await run(['tenants', 'create', 'acme'], env)
  const { items } = JSON.parse((await run(['tenants', 'list', '--json'], env)).stdout)
  assert.deepEqual(
    items.map(({ id }: { id: string }) => id),
    ['acme', 'default'],
  )
})

test('what cannot be done is one sentence', async context => {
  const env = { LIKENESS_DATA_DIR: await createFolder(context) }
  assertFailed(await run(['tenants', 'create', 'default'], env), 3, /"default" already.*tenant_exists/)
  assertFailed(await run(['tenants', 'create', 'Acme'], env), 3, /lower-case letters, digits and "-"/)
  assertFailed(await run(['tenants', 'suspend', 'nobody'], env), 3, /no tenant "nobody"/)
  assertFailed(await run(['tenants', 'set', 'nobody', '--image-urls', 'off'], env), 3, /no tenant "nobody"/)
  assertFailed(
    await run(['tenants', 'set', 'default', '--image-urls', 'some'], env),
    2,
    /off, allow-list, public, default/,
  )
  assertFailed(await run(['tenants', 'set', 'default'], env), 2, /--image-urls/)
  assertFailed(await run(['usage', '--tenant', 'nobody'], env), 3, /no tenant "nobody"/)
  assertFailed(await run(['usage', '--from', 'yesterday'], env), 2, /a day \(2031-02-03\) or an instant/)
  assertFailed(await run(['audit', '--to', '2031-13-01'], env), 2, /a day/)
  assertFailed(await run(['audit', '--subject', 'jane'], env), 3, /"gallery" beside "subject"/)
  assertFailed(await run(['audit', '--limit', '0'], env), 2, /whole number from 1/)
})

test('the time that capture sessions are kept is set tenant by tenant, within bounds', async context => {
  const env = await startLikeness(context)
  const set = (...options: string[]) => run(['tenants', 'set', 'default', ...options], env)
  assert.equal(
    (await set('--frame-hours', '12', '--result-days', '1')).stdout,
    "Frames of the tenant default's capture sessions are kept for 12 hours.\nCapture sessions of the tenant default are kept for 1 day.\n",
  )
  assert.match((await run(['tenants', 'list'], env)).stdout, /\ndefault +active +default +any +12 h +1 d +/)
  const usual = JSON.parse((await set('--frame-hours', 'default', '--json')).stdout)
  assert.deepEqual([usual.frameHours, usual.resultDays], [24, 1])
  assertFailed(await set('--frame-hours', '8761'), 3, /"frameHours" must be a whole number from 1 to 8760/)
  assertFailed(await set('--result-days', '0'), 3, /"resultDays" must be a whole number from 1 to 3650/)
  assertFailed(await set('--result-days', 'soon'), 2, /whole number or "default"/)
  assertFailed(await set(), 2, /--frame-hours or --result-days/)
})
