// What is remembered of calls: transactions, counts and the audit trail; and what is not: pictures, templates, scores.
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { revokeCredential } from '../src/core/credentials.ts'
import { createTenant, suspendTenant } from '../src/core/tenants.ts'
import { pruneTransactions } from '../src/core/transactions.ts'
import { otherPictureOf, pictureOf } from '../src/vision/pictures.fixture.ts'
import type { Page } from './answers.ts'
import { openOperator } from './operator.ts'
import {
  type Answer,
  assertProblem,
  assertRecent,
  assertUuidV7,
  base64,
  createClient,
  createGallery,
  enrol,
  launchReady,
} from './support.ts'

interface Transaction {
  id: string
  at: string
  regionId: string
  credentialId: string
  protocol: string
  operation: string
  galleryId: string | null
  subjectHash: string | null
  status: number
  outcome: string
  durationMs: number
  facts: object | null
}

interface AuditEntry {
  id: string
  at: string
  regionId: string | null
  actor: string
  action: string
  galleryId: string | null
  subjectHash: string | null
  faceId: string | null
  target: string | null
  transactionId: string | null
}

interface UsageCount {
  day: string
  regionId: string
  operation: string
  outcome: string
  count: number
}

const server = await launchReady()
const operator = await openOperator(server)
after(async () => {
  await operator.close()
  await server.close()
})
const me = await operator.newClient({ name: 'recorded' })
const { call } = me

const idOf = ({ headers }: Answer<unknown>): string => String(headers.get('x-transaction-id'))
const lookUp = async (answer: Answer<unknown>): Promise<Transaction> => {
  const { status, body } = await call<Transaction>('GET', `/v1/transactions/${idOf(answer)}`)
  assert.equal(status, 200)
  return body
}
const readAudit = async (query: string): Promise<AuditEntry[]> => {
  const { status, body } = await call<Page<AuditEntry>>('GET', `/v1/audit?${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body.items
}
const listCalls = async (query: string): Promise<Transaction[]> => {
  const { status, body } = await call<Page<Transaction>>('GET', `/v1/transactions?${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body.items
}
const countOf = async (operation: string, outcome: string): Promise<number> => {
  const { body } = await call<Page<UsageCount>>('GET', `/v1/usage?operation=${operation}`)
  return body.items.filter(each => each.outcome === outcome).reduce((sum, { count }) => sum + count, 0)
}

const ada = base64(await pictureOf('ada'))
const people = await call('POST', '/v1/galleries', { id: 'people' })
const enrolled = await call<{ face: { id: string } }>('POST', '/v1/galleries/people/faces', {
  image: ada,
  subjectId: 'ada@example.org',
})

describe('a transaction', () => {
  test('has the id of the answer, in one form everywhere', async () => {
    const answer = await call('GET', '/v1/galleries/nowhere')
    assertUuidV7(idOf(answer))
    assert.equal(answer.headers.get('x-request-id'), idOf(answer))
    const problem = assertProblem(answer, 404, 'gallery_not_found') as unknown as { transactionId: string }
    assert.equal(problem.transactionId, idOf(answer))
  })

  test('says who called what when, about whom, and how it ended', async () => {
    const { at, durationMs, subjectHash, ...rest } = await lookUp(enrolled)
    assert.deepEqual(rest, {
      id: idOf(enrolled),
      regionId: 'default',
      credentialId: me.id,
      protocol: 'native',
      operation: 'enrolFace',
      galleryId: 'people',
      status: 201,
      outcome: 'ok',
      facts: null,
    })
    assertRecent(at)
    assert.ok(durationMs > 0)
    const [entry] = await readAudit('gallery=people&action=face.enrol')
    assert.equal(subjectHash, entry.subjectHash, 'named as in the audit trail')
    assert.match(subjectHash ?? '', /^[\w-]{43}$/)
    assert.equal((await lookUp(people)).galleryId, 'people')
    assert.equal((await lookUp(people)).subjectHash, null)
  })

  test('is there for refused calls as well, with the code of the error', async () => {
    const refused = await call('POST', '/v1/galleries/people/search', { image: 'no base64!' })
    const { operation, status, outcome, galleryId } = await lookUp(refused)
    assert.deepEqual([operation, status, outcome, galleryId], ['searchGallery', 400, 'image_not_base64', 'people'])
    const reader = await operator.newClient({ scopes: ['read'] })
    const forbidden = await lookUp(await reader.call('DELETE', '/v1/galleries/people'))
    assert.deepEqual([forbidden.credentialId, forbidden.outcome], [reader.id, 'scope_missing'])
  })

  test('names the person and the gallery whose ids the server made', async () => {
    const made = await call<{ id: string }>('POST', '/v1/galleries', {})
    assert.equal((await lookUp(made)).galleryId, made.body.id)
    const answer = await call<{ subject: { id: string } }>('POST', `/v1/galleries/${made.body.id}/faces`, {
      image: base64(await pictureOf('bea')),
    })
    assert.deepEqual(await listCalls(`gallery=${made.body.id}&subject=${answer.body.subject.id}`), [
      await lookUp(answer),
    ])
  })

  test('leaves out what can be no id', async () => {
    for (const id of ['%00', '%0Aline', 'x'.repeat(300)]) {
      const { galleryId, outcome } = await lookUp(await call('GET', `/v1/galleries/${id}`))
      assert.equal(galleryId, null, outcome)
    }
  })

  test('is not kept for callers without a valid key', async () => {
    const stranger = createClient(server.url, 'lk_unknown')
    const answer = await stranger.call('GET', '/v1/galleries')
    assertUuidV7(idOf(answer))
    assertProblem(await call('GET', `/v1/transactions/${idOf(answer)}`), 404, 'transaction_not_found')
  })

  test('is listed newest first, by period, operation and outcome, page by page', async () => {
    const list = async (query: string) => {
      const { status, body } = await call<Page<Transaction>>('GET', `/v1/transactions?${query}`)
      assert.equal(status, 200, JSON.stringify(body))
      return body
    }
    const { items } = await list('limit=1000')
    assert.ok(items.length > 5)
    assert.deepEqual(
      items.map(({ at }) => at),
      items
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    )
    const enrolments = await list('operation=enrolFace&outcome=ok')
    assert.equal(enrolments.items.length, 2)
    const { at } = await lookUp(enrolled)
    assert.equal((await list(`from=${at}&operation=enrolFace&to=2100-01-01`)).items.length, 2)
    assert.equal((await list(`to=${at}&operation=enrolFace`)).items.length, 0)
    const first = await list('limit=3&operation=enrolFace')
    assert.equal(first.nextCursor, null)
    const page = await list('limit=2')
    const next = await list(`limit=2&cursor=${page.nextCursor}`)
    assert.equal(new Set([...page.items, ...next.items].map(({ id }) => id)).size, 4)
  })

  test('is found by the person, also after the person is gone', async () => {
    const path = '/v1/galleries/people/subjects/passing'
    const about = 'gallery=people&subject=passing'
    const first = await call('POST', '/v1/galleries/people/faces', { image: ada, subjectId: 'passing' })
    const verified = await call('POST', `${path}/verify`, { image: ada })
    const updated = await call('PATCH', path, { metadata: { floor: 1 } })
    const erased = await call('DELETE', path)
    const missed = await call('GET', path)
    const found = await listCalls(about)
    assert.deepEqual(
      found.map(({ id }) => id),
      [missed, erased, updated, verified, first].map(idOf),
    )
    assert.equal(new Set(found.map(({ subjectHash }) => subjectHash)).size, 1)
    assert.deepEqual(
      (await listCalls(`${about}&operation=verifySubject`)).map(({ id }) => id),
      [idOf(verified)],
    )
    assert.deepEqual(await listCalls('gallery=people&subject=Passing'), [])
    assert.deepEqual(await listCalls('gallery=audited&subject=passing'), [])
    assertProblem(await call('GET', '/v1/transactions?subject=passing'), 400, 'request_invalid')
  })

  test('refuses a wrong period, page or cursor', async () => {
    for (const query of ['from=yesterday', 'to=2031-13-01', 'limit=0', 'cursor=x', 'operation='])
      assertProblem(await call('GET', `/v1/transactions?${query}`), 400, 'request_invalid')
  })

  test('is forgotten when it is too old, and its count is not', async () => {
    const tenantId = 'forgetful'
    await createTenant(operator, { id: tenantId })
    const base = { tenantId, regionId: 'default', operation: 'enrolFace', outcome: 'ok' }
    const rest = { credentialId: 'x', protocol: 'native', galleryId: null, subjectHash: null, facts: null } as const
    const dayAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
    const calls = [59, 61, 1000].map(days => ({
      ...base,
      ...rest,
      id: `call-${days}`,
      at: dayAgo(days),
      status: 201,
      durationMs: 1,
    }))
    await operator.control.recordCalls(calls, [{ ...base, day: '2031-01-01', count: 3 }])
    assert.equal(await pruneTransactions(operator, 60), 2)
    assert.equal(await pruneTransactions(operator, 60), 0)
    const period = { from: null, to: null }
    const page = { limit: 10, cursor: null }
    const { items } = await operator.control.listTransactions(tenantId, period, page)
    assert.deepEqual(
      items.map(({ id }) => id),
      ['call-59'],
    )
    assert.equal((await operator.control.listUsage(tenantId, period, page)).items[0].count, 3)
  })
})

describe('usage', () => {
  test('counts every call once, by how it ended', async () => {
    const before = [await countOf('readGallery', 'ok'), await countOf('readGallery', 'gallery_not_found')]
    const calls = Array.from({ length: 30 }, (_, at) => call('GET', `/v1/galleries/${at % 3 ? 'people' : 'nowhere'}`))
    await Promise.all(calls)
    const later = [await countOf('readGallery', 'ok'), await countOf('readGallery', 'gallery_not_found')]
    assert.deepEqual(later, [before[0] + 20, before[1] + 10])
  })

  test('is by day in UTC', async () => {
    const today = new Date().toISOString().slice(0, 10)
    const { body } = await call<Page<UsageCount>>('GET', `/v1/usage?operation=enrolFace`)
    assert.ok(body.items.every(({ day, regionId }) => day <= today && regionId === 'default'))
    assert.deepEqual((await call<Page<UsageCount>>('GET', '/v1/usage?to=2020-01-01')).body.items, [])
    assert.deepEqual((await call<Page<UsageCount>>('GET', '/v1/usage?from=2100-01-01')).body.items, [])
    for (const query of ['from=today', 'to=2031-02-30', 'from=2031-02-03T00:00:00Z', 'cursor=x'])
      assertProblem(await call('GET', `/v1/usage?${query}`), 400, 'request_invalid')
  })
})

describe('the audit trail', () => {
  const path = '/v1/galleries/audited'

  test('has every change, by whom, of what, in which call, when it is answered', async () => {
    const answers: Answer<unknown>[] = []
    const change = async (method: string, at: string, body?: unknown) => {
      const answer = await call<{ face: { id: string } }>(method, at, body)
      assert.ok(answer.status < 300, JSON.stringify(answer.body))
      // On disk before the answer: read past the server, at once.
      const [entry] = await operator.control
        .listAudit('default', { from: null, to: null, galleryId: 'audited' }, { limit: 1, cursor: null })
        .then(({ items }) => items)
      assert.equal(entry.transactionId, idOf(answer))
      answers.unshift(answer)
      return answer
    }
    await change('POST', '/v1/galleries', { id: 'audited' })
    await change('PATCH', path, { name: 'Audited' })
    const { face } = (await change('POST', `${path}/faces`, { image: ada, subjectId: 'ada' })).body
    await change('PATCH', `${path}/subjects/ada`, { metadata: { floor: 1 } })
    await change('DELETE', `${path}/faces/${face.id}`)
    await change('DELETE', `${path}/subjects/ada`)
    await change('DELETE', path)
    const entries = await readAudit('gallery=audited')
    assert.deepEqual(
      entries.map(({ action, faceId }) => [action, faceId]),
      [
        ['gallery.delete', null],
        ['subject.erase', null],
        ['face.erase', face.id],
        ['subject.update', null],
        ['face.enrol', face.id],
        ['gallery.update', null],
        ['gallery.create', null],
      ],
    )
    assert.deepEqual(
      entries.map(({ transactionId }) => transactionId),
      answers.map(idOf),
    )
    for (const { actor, regionId, target, at } of entries) {
      assert.deepEqual([actor, regionId, target], [me.id, 'default', null])
      assertRecent(at)
    }
  })

  test('answers for a person, also after the person and the gallery are gone', async () => {
    const entries = await readAudit('gallery=audited&subject=ada')
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['subject.erase', 'face.erase', 'subject.update', 'face.enrol'],
    )
    assert.equal(new Set(entries.map(({ subjectHash }) => subjectHash)).size, 1)
    assert.deepEqual(await readAudit('gallery=audited&subject=Ada'), [])
    assert.deepEqual(await readAudit('gallery=people&subject=ada'), [])
    assertProblem(await call('GET', '/v1/audit?subject=ada'), 400, 'request_invalid')
  })

  test('is filtered by period, actor and action, page by page', async () => {
    assert.equal((await readAudit(`actor=${me.id}&action=face.enrol&gallery=audited`)).length, 1)
    assert.deepEqual(await readAudit('to=2020-01-01'), [])
    const all = await readAudit('limit=1000')
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`
      const { body } = await call<Page<AuditEntry>>('GET', `/v1/audit?limit=4${query}`)
      seen.push(...body.items.map(({ id }) => id))
      cursor = body.nextCursor
    }
    assert.deepEqual(
      seen,
      all.map(({ id }) => id),
    )
  })

  test('has what is done at the command line', async () => {
    const { id } = await operator.newClient()
    await revokeCredential(operator, id)
    const acts = (await readAudit('actor=operator&limit=2')).map(({ action, target }) => [action, target])
    assert.deepEqual(acts, [
      ['credential.revoke', id],
      ['credential.create', id],
    ])
    await createTenant(operator, { id: 'acted-on' })
    await suspendTenant(operator, 'acted-on')
    const { items } = await operator.control.listAudit(
      'acted-on',
      { from: null, to: null },
      { limit: 10, cursor: null },
    )
    assert.deepEqual(
      items.map(({ action }) => action),
      ['tenant.suspend', 'tenant.create'],
    )
  })

  test('has no entry for what was refused', async () => {
    const before = (await readAudit('limit=1000')).length
    await call('POST', '/v1/galleries', { id: 'people' })
    await call('PATCH', '/v1/galleries/nowhere', { name: 'x' })
    await call('DELETE', '/v1/galleries/people/subjects/nobody')
    await call('POST', '/v1/galleries/people/faces', { image: 'no base64!' })
    assert.equal((await readAudit('limit=1000')).length, before)
  })

  test('has an entry for each of many enrolments at once', async () => {
    await createGallery(me, 'crowd')
    const picture = await otherPictureOf('ada')
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => enrol(me, 'crowd', picture, { subjectId: `ada-${at}` })),
    )
    const entries = await readAudit('gallery=crowd&action=face.enrol')
    assert.deepEqual(entries.map(({ faceId }) => faceId).sort(), answers.map(({ face }) => face.id).sort())
  })
})

test('a call whose caller hung up is there as well', async () => {
  const hungUp = new AbortController()
  const before = await countOf('enrolFace', 'ok')
  const answer = fetch(`${server.url}/v1/galleries/people/faces`, {
    method: 'POST',
    body: JSON.stringify({ image: ada, subjectId: 'left' }),
    headers: { authorization: `Bearer ${me.key}`, 'content-type': 'application/json' },
    signal: hungUp.signal,
  })
  setTimeout(() => hungUp.abort(), 15)
  await assert.rejects(answer, { name: 'AbortError' })
  const list = () => listCalls('operation=enrolFace&gallery=people&subject=left')
  let found = await list()
  for (let attempt = 0; found.length === 0 && attempt < 200; attempt++) {
    await new Promise(resolve => setTimeout(resolve, 25))
    found = await list()
  }
  assert.equal(found.length, 1)
  assert.ok((await countOf('enrolFace', 'ok')) - before <= 1)
})

test('the control data hold no picture and no template, and the audit trail no id of a person', async () => {
  const { body } = await call<{ faces: { template: number[] }[] }>('POST', '/v1/detect', { image: ada, template: true })
  const template = Buffer.from(Float32Array.from(body.faces[0].template).buffer)
  await createGallery(me, 'secret')
  await enrol(me, 'secret', await pictureOf('ada'), { subjectId: 'someone-unique' })
  assert.equal((await call('DELETE', '/v1/galleries/secret/subjects/someone-unique')).status, 204)
  assert.ok(!JSON.stringify(await readAudit('gallery=secret')).includes('someone-unique'))
  const folder = join(server.config.dataDir, 'control')
  const picture = Buffer.from(await pictureOf('ada'))
  for (const name of (await readdir(folder)).filter(each => each.startsWith('control.db'))) {
    const bytes = await readFile(join(folder, name))
    for (const part of [template.subarray(0, 32), picture.subarray(1000, 1064)]) assert.ok(!bytes.includes(part), name)
  }
})
