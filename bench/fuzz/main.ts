// `npm run fuzz -- [--seconds N] [--seed N] [--json]`: sends a real server, for a while, what no sane caller would send. Fails
// when it dies, answers with a failure of its own, answers without a problem document, takes too much memory, or cannot do
// its work afterwards.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { adaElsewhere, pictureOf } from '../../server/src/vision/pictures.fixture.ts'
import { createRandom } from '../random.ts'
import { runMain } from '../run-main.ts'
import { type BenchServer, startBenchServer } from '../server-process.ts'
import { tokenRequest } from './advance.ts'
import { makeSeedPictures } from './pictures.ts'
import { type FuzzFigures, fuzz } from './run.ts'

const MiB = 1024 * 1024

/**
 * What the server may take beyond its start. A picture of the most pixels in the format that costs most takes about 600 MB
 * while it is decoded, one a vision thread, of which there are as many as cores.
 */
const maxGrowthBytes = (threads: number): number => (300 + 600 * threads) * MiB

interface Options {
  readonly seconds: number
  readonly seed: number
  readonly json: boolean
}

const readOptions = (): Options => {
  const { values } = parseArgs({
    options: { seconds: { type: 'string' }, seed: { type: 'string' }, json: { type: 'boolean' } },
  })
  const count = (name: 'seconds' | 'seed', otherwise: number): number => {
    const value = Number(values[name] ?? otherwise)
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1.`)
    return value
  }
  const seed = count('seed', 1 + Math.floor(Math.random() * 2 ** 31))
  return { seconds: count('seconds', 60), seed, json: values.json ?? false }
}

const call = async (server: BenchServer, method: string, path: string, body: object | null): Promise<Response> =>
  fetch(server.address + path, {
    method,
    headers: { authorization: `Bearer ${server.key}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  })

const createPair = async (server: BenchServer, protocol: string): Promise<{ publicId: string; secret: string }> =>
  (await (await call(server, 'POST', '/v1/credentials', { protocol })).json()) as { publicId: string; secret: string }

/** A token, with a face set to begin with. */
const openAdvance = async (server: BenchServer): Promise<string> => {
  const { path, body } = tokenRequest(await createPair(server, 'advance'))
  const { data } = (await (await call(server, 'POST', path, body)).json()) as { data: { token: string } }
  const headers = { 'x-access-token': data.token }
  await fetch(`${server.address}/advance/intl/openapi/face-search/facesets`, { method: 'POST', headers })
  return data.token
}

/** A person is enrolled and found by another picture. Null when that works, else what did not. */
const tryGoodCalls = async (server: BenchServer, gallery: string): Promise<string | null> => {
  const [picture, other] = await Promise.all([pictureOf('ada'), adaElsewhere()])
  const steps: readonly (readonly [number, string, string, object | null])[] = [
    [200, 'GET', '/health/ready', null],
    [201, 'POST', '/v1/galleries', { id: gallery }],
    [201, 'POST', `/v1/galleries/${gallery}/faces`, { image: picture.toString('base64'), subjectId: 'ada' }],
    [200, 'POST', `/v1/galleries/${gallery}/search`, { image: other.toString('base64') }],
  ]
  let text = ''
  for (const [status, method, path, body] of steps) {
    const response = await call(server, method, path, body)
    text = await response.text()
    if (response.status !== status) return `${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`
  }
  return JSON.parse(text).candidates[0]?.subjectId === 'ada' ? null : `the person is not found: ${text.slice(0, 300)}`
}

const report = ({ answers, startBytes, mostBytes, endBytes }: FuzzFigures): void => {
  for (const [kind, byStatus] of Object.entries(answers)) {
    const total = Object.values(byStatus).reduce((sum, count) => sum + count, 0)
    const parts = Object.entries(byStatus).map(([status, count]) => `${status}: ${count}`)
    console.log(`${kind.padEnd(8)} ${String(total).padStart(7)}   ${parts.join('  ')}`)
  }
  const inMiB = (bytes: number): string => `${Math.round(bytes / MiB)} MiB`
  console.log(`memory   ${inMiB(startBytes)} at the start, ${inMiB(mostBytes)} at most, ${inMiB(endBytes)} at the end`)
}

const main = async (): Promise<boolean> => {
  const { seconds, seed, json } = readOptions()
  if (!json) console.log(`seed ${seed}, ${seconds} s`)
  const seeds = await makeSeedPictures()
  const server = await startBenchServer({})
  try {
    const before = await tryGoodCalls(server, 'people')
    if (before !== null) throw new Error(`Before anything was tried: ${before}`)
    const pair = await createPair(server, 'verihubs')
    const token = await openAdvance(server)
    const figures = await fuzz(server, { seeds, key: server.key, pair, token }, createRandom(seed), seconds)
    const faults = figures.failures.map(({ kind, fault, file }) => `${kind}: ${fault} (${file})`)
    const after = await tryGoodCalls(server, 'afterwards').catch(error => `no answer: ${error.message}`)
    if (after !== null) faults.push(`afterwards: ${after}`)
    const growth = figures.mostBytes - figures.startBytes
    const bound = maxGrowthBytes(availableParallelism())
    if (growth > bound) faults.push(`memory grew by ${growth} bytes; the bound is ${bound}`)
    if (json) console.log(JSON.stringify({ seed, seconds, ...figures, faults }))
    else {
      report(figures)
      for (const fault of faults) console.log(`✗ ${fault}`)
      console.log(faults.length === 0 ? '✓ nothing failed' : `${faults.length} failures; --seed ${seed} tries the same`)
    }
    return faults.length === 0
  } finally {
    await server.close()
  }
}

await runMain(async () => ((await main()) ? 0 : 1))
