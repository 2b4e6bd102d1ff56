// `npm run train -- NAME [options]`: trains one of the project's own small models. Trains nothing itself.
import { parseArgs } from 'node:util'
import { runMain } from '../bench/run-main.ts'

const USAGE = `npm run train -- NAME [options]

attributes: the heads that tell masks, glasses, hats and what else covers a face; writes their packs
  --data DIR      pictures: folders celeba, mask (needed)
  --ordinary DIR  ordinary photographs, counted for false alarms and never trained on
  --out DIR       folder of the packs (default server/packs)
  --keep DIR      keeps faces and samples; those that are there are used again
  --seed N        default 1; the same seed and pictures give the same packs

liveness: the networks that tell a face from a picture of one, when minifasnet is not installed
  --data DIR    pictures: folders liveness, attributes, fixtures (needed)
  --live DIR    ordinary photographs, judged for the threshold and never trained on
  --packs DIR   installed packs; minifasnet's scores are written down where it is there
  --out DIR     keeps samples and networks; samples that are there are used again (default .cache/train-liveness)
  --folds N     default 2
  --steps N     batches of 64 a network sees; default 1300
  --resume      uses the networks that an earlier run finished`

const cached = (name: string): string => new URL(`../.cache/${name}`, import.meta.url).pathname

const toCount = (text: string, name: string): number => {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new Error(`--${name} takes a whole number of at least 1, and got "${text}".`)
}

const TRAIN: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  async attributes(args) {
    const text = { type: 'string' } as const
    const { values } = parseArgs({
      args: [...args],
      options: { data: text, ordinary: text, out: text, keep: text, seed: text },
    })
    if (values.data === undefined) throw new Error('Give --data DIR, the folder of training pictures.')
    const { trainAttributes } = await import('./attributes/command.ts')
    await trainAttributes({
      data: values.data,
      ordinary: values.ordinary,
      keep: values.keep,
      out: values.out ?? new URL('../server/packs', import.meta.url).pathname,
      seed: toCount(values.seed ?? '1', 'seed'),
    })
  },
  async liveness(args) {
    const text = { type: 'string' } as const
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: text,
        live: text,
        packs: text,
        out: text,
        folds: text,
        steps: text,
        resume: { type: 'boolean' },
      },
    })
    if (values.data === undefined) throw new Error('Give --data DIR, the folder of training pictures.')
    const { trainLiveness } = await import('./liveness/command.ts')
    await trainLiveness({
      data: values.data,
      live: values.live,
      packs: values.packs ?? cached('packs'),
      out: values.out ?? cached('train-liveness'),
      folds: toCount(values.folds ?? '2', 'folds'),
      steps: toCount(values.steps ?? '1300', 'steps'),
      resume: values.resume ?? false,
    })
  },
}

const main = async ([name, ...args]: readonly string[]): Promise<number> => {
  if (name === undefined || name === '--help' || name === '-h') {
    console.log(USAGE)
    return 0
  }
  const train = Object.hasOwn(TRAIN, name) ? TRAIN[name] : undefined
  if (!train) {
    console.error(`There is nothing to train called "${name}"; there is ${Object.keys(TRAIN).join(', ')}.`)
    return 2
  }
  await train(args)
  return 0
}

await runMain(main)
