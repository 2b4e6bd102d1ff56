// `npm run calibrate -- --images DIR [options]`: reads the arguments and starts the calibration. Measures nothing itself.
import { parseArgs } from 'node:util'
import { calibrate } from './calibrate.ts'
import { runMain } from './run-main.ts'

const USAGE = `npm run calibrate -- --images DIR [--pack ID] [--packs DIR] [--exclude FILE|none] [--list N] [--out FILE]

  --images DIR         labelled pictures: one folder a person, or files "Person_0001.jpg"
  --pack ID            pack that is calibrated; "open" without it
  --packs DIR          folder of the installed packs; the benchmarks' own without it
  --exclude FILE|none  label errors to leave out; without it, the known ones of LFW
  --list N             print the N highest-scoring pairs of different names
  --out FILE           write the pack.json there, and leave the pack and the documentation as they are`

const parse = (args: readonly string[]): Parameters<typeof calibrate>[0] => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      images: { type: 'string' },
      pack: { type: 'string' },
      packs: { type: 'string' },
      exclude: { type: 'string' },
      list: { type: 'string' },
      out: { type: 'string' },
    },
  })
  const { images, pack, packs: packsDir, exclude, list, out } = values
  if (!images) throw new Error('--images DIR is needed.')
  if (list !== undefined && !/^\d{1,9}$/.test(list)) throw new Error(`--list takes a whole number, and got "${list}".`)
  return { images, pack, packsDir, exclude, out, list: list === undefined ? undefined : Number(list) }
}

const main = async (args: readonly string[]): Promise<number> => {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    console.log(USAGE)
    return args.length === 0 ? 2 : 0
  }
  await calibrate(parse(args))
  return 0
}

await runMain(main)
