// `npm run train -- liveness`: pictures → samples → networks → the pack `liveness`. The networks are trained by Python.
import { spawn } from 'node:child_process'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLiveness } from '../../server/src/vision/liveness.ts'
import { loadPack } from '../../server/src/vision/packs/install.ts'
import { openFaceFinder } from './faces.ts'
import { packNetworks } from './pack.ts'
import { type Judge, prepareSamples } from './prepare.ts'
import { listSources } from './sources.ts'

export interface LivenessTraining {
  /** Holds liveness/, attributes/ and fixtures/. */
  readonly data: string
  /** Ordinary photographs, which are judged for the threshold and never trained on. */
  readonly live?: string
  /** Installed packs; where `minifasnet` is among them, its scores are written down beside the samples. */
  readonly packs: string
  /** Keeps samples and networks; samples that are there are not made again. */
  readonly out: string
  readonly folds: number
  readonly steps: number
  /** Uses the networks that an earlier run finished. */
  readonly resume: boolean
}

const SCRIPT = fileURLToPath(new URL('../liveness.py', import.meta.url))
const SEED = 1

export const trainLiveness = async (options: LivenessTraining): Promise<void> => {
  await requireTorch()
  await mkdir(options.out, { recursive: true })
  if (await isThere(join(options.out, 'samples.done'))) console.log(`The samples in ${options.out} are used again.`)
  else await makeSamples(options)
  const counts = ['--folds', `${options.folds}`, '--steps', `${options.steps}`, '--seed', `${SEED}`]
  await runPython([SCRIPT, options.out, ...counts, ...(options.resume ? ['--resume'] : [])])
  await packNetworks(options.out)
}

const makeSamples = async ({ data, live, packs, out }: LivenessTraining): Promise<void> => {
  const sources = await listSources(data, live)
  if (!sources.some(({ set }) => set === 'nuaa'))
    throw new Error(`There are no pictures in ${join(data, 'liveness/nuaa-train')}; --data takes the folder above.`)
  const samples = await prepareSamples({
    sources,
    folder: out,
    findFaces: await openFaceFinder(packs),
    judge: await openTeacher(packs),
    seed: SEED,
    onProgress: (done, of, made) => {
      if (done % 200 === 0 || done === of) console.log(`${done} of ${of} pictures, ${made} samples`)
    },
  })
  await writeFile(join(out, 'samples.done'), '')
  console.log(`${samples} samples in ${out}`)
}

const openTeacher = async (packs: string): Promise<Judge> => {
  const directory = join(packs, 'minifasnet')
  if (!(await isThere(directory))) return async () => ({})
  const stage = await openLiveness(await loadPack(directory))
  return async (raster, face) => ({ minifasnet: (await stage.judge(raster, face)).score })
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Debian's package installs for the system's own Python, which need not be the first one that is found. */
const PYTHON = '/usr/bin/python3'

const requireTorch = async (): Promise<void> => {
  const isFine = await runPython(['-c', 'import numpy, torch']).then(
    () => true,
    () => false,
  )
  if (!isFine) throw new Error(`Training needs PyTorch for ${PYTHON}: install Debian's package python3-torch.`)
}

const runPython = (args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(PYTHON, args, { stdio: 'inherit', env: { ...process.env, PYTHONUNBUFFERED: '1' } })
    child.on('error', reject)
    child.on('exit', code => (code === 0 ? resolve() : reject(new Error(`${PYTHON} ended with ${code}.`))))
  })
