// `npm run calibrate`: measures what a cosine means on a folder of labelled pictures and writes it into the pack, and the
// tables of docs/reference/calibration.md with it. The arithmetic is in calibration-figures.ts.
import { access, readFile, writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { committedManifest } from '../server/src/vision/packs/install.ts'
import { type PackCalibration, parseManifest } from '../server/src/vision/packs/manifest.ts'
import { type CalibrationFigures, measureCalibration } from './calibration-figures.ts'
import { type RunNotes, renderTables, replaceTables } from './calibration-tables.ts'
import type { CountedCurve } from './curve.ts'
import { findLabelErrors, type LabelErrors, NO_LABEL_ERRORS, readLabelErrors } from './label-errors.ts'
import { embedFolder, type PackChoice } from './templates.ts'

const PAGE = new URL('../docs/reference/calibration.md', import.meta.url).pathname

/**
 * `images`: one folder a person, or files "Person_0001.jpg". `exclude`: a file of label errors, or "none"; LFW has one of its
 * own. `out`: where to write the pack.json instead of the pack itself; the documentation then stays as it is. `list`: print
 * so many of the highest-scoring pairs of different names, to look for label errors.
 */
export async function calibrate(
  options: PackChoice & {
    images: string
    exclude?: string
    out?: string
    list?: number
  },
): Promise<CalibrationFigures> {
  const { pack, pictures, failures } = await embedFolder(options.images, reportProgress, [], options)
  const errors = await chooseErrors(options.exclude, new Set(pictures.map(picture => picture.identity)))
  const figures = measureCalibration(pictures, errors, step => console.error(`Counting: ${step}`))
  const isLfw = options.exclude === undefined && errors !== NO_LABEL_ERRORS
  const source = isLfw ? 'Labeled Faces in the Wild' : `the folder ${basename(resolve(options.images))}`
  const notes: RunNotes = {
    madeFrom: describe(source, pictures.length, failures.length, figures.people, errors),
    date: new Date().toISOString().slice(0, 10),
    pack: `${pack.id} ${pack.version}`,
  }
  const tables = renderTables(figures, notes)
  console.log(tables)
  for (const { cosine, one, other } of figures.highest.slice(0, options.list ?? 0)) {
    console.log(`${cosine.toFixed(4)} ${one} ${other}`)
  }
  await writePack(pack.id, options.out, { ...notes, ...figures })
  if (options.out === undefined) await writePage(pack.id, tables)
  return figures
}

const chooseErrors = async (exclude: string | undefined, identities: ReadonlySet<string>): Promise<LabelErrors> => {
  const errors = exclude === undefined ? await findLabelErrors(identities) : await readExclusions(exclude)
  console.error(
    errors === NO_LABEL_ERRORS
      ? 'No label errors are left out.'
      : `Left out as label errors: ${errors.pictures.size} pictures, pairs of ${errors.names.length} double names` +
          `${exclude === undefined ? ' (known ones of LFW; --exclude none counts them)' : ''}.`,
  )
  return errors
}

const readExclusions = (exclude: string): Promise<LabelErrors> | LabelErrors =>
  exclude === 'none' ? NO_LABEL_ERRORS : readLabelErrors(exclude)

const describe = (source: string, found: number, failures: number, people: number, errors: LabelErrors): string => {
  const parts = [`${source}, ${count(found + failures, 'picture')} of ${count(people, 'person', 'people')}`]
  if (failures > 0) parts.push(`${count(failures, 'picture')} without a face that was found`)
  if (errors !== NO_LABEL_ERRORS) {
    parts.push(
      `label errors left out: ${count(errors.pictures.size, 'picture')}, ${count(errors.names.length, 'double name')}`,
    )
  }
  return parts.join('; ')
}

const count = (value: number, one: string, several = `${one}s`): string =>
  `${value.toLocaleString('en-US')} ${value === 1 ? one : several}`

/** Only the field `calibration` changes. */
const writePack = async (id: string, out: string | undefined, made: RunNotes & CalibrationFigures): Promise<void> => {
  const committed = committedManifest(id)
  const path = out ?? committed
  const pick = ({ points, supportedLog10Fmr, comparisons }: CountedCurve) => ({
    points: points.map(([cosine, rate]): [number, number] => [cosine, rate]),
    supportedLog10Fmr,
    comparisons,
  })
  const calibration: PackCalibration = {
    madeFrom: made.madeFrom,
    images: made.images,
    date: made.date,
    comparison: pick(made.comparison),
    best: made.best.map(curve => ({ faces: curve.faces, ...pick(curve) })),
    fused: made.fused.map(curve => ({ faces: curve.faces, ...pick(curve) })),
    templates: { centre: [...made.templates.centre], largest: made.templates.largest },
  }
  const pack: object = JSON.parse(await readFile(committed, 'utf8'))
  const text = `${JSON.stringify({ ...pack, calibration }, null, 2)}\n`
  parseManifest(text, path)
  await writeFile(path, text)
  console.error(`Wrote the calibration to ${path}`)
}

/** An installed copy has no documentation beside it. */
const writePage = async (id: string, tables: string): Promise<void> => {
  const isThere = await access(PAGE).then(
    () => true,
    () => false,
  )
  if (!isThere) return
  await writeFile(PAGE, replaceTables(await readFile(PAGE, 'utf8'), id, tables))
  console.error(`Wrote the tables of ${PAGE}`)
}

const reportProgress = (done: number, of: number): void => {
  if (done % 500 === 0 || done === of) console.error(`${done} of ${of} pictures`)
}
