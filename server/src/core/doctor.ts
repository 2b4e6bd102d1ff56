// Use case: whether a region's rows, pictures, templates, erasures and index agree. Runs beside a server: what looks wrong
// is looked at again before it is told, as it may have been changing. Repairs only what loses nobody's data.
import { checkIndex, checkOrphans, checkPictures, checkTemplates } from './doctor-faces.ts'
import { DOCTOR_BATCH as BATCH, type Checked, type DoctorParts, type Finding, pause } from './doctor-parts.ts'
import { galleryKeyOf, keyOf, listTombstones } from './erasure-log.ts'
import type { ErasureRecord } from './ports.ts'

/** In this order; a check that cannot be carried out is a problem of its own and ends none of the others. */
export const examineRegion = async (parts: DoctorParts): Promise<readonly Finding[]> => {
  const checks: readonly [string, (parts: DoctorParts) => Promise<Checked>][] = [
    ['database', checkDatabase],
    ['counts', checkCounts],
    ['pictures', checkPictures],
    ['orphans', checkOrphans],
    ['templates', checkTemplates],
    ['erasures', checkErasures],
    ['erasure log', checkLog],
    ['index', checkIndex],
  ]
  const findings: Finding[] = []
  for (const [name, check] of checks) findings.push(await examine(name, parts.regionId, () => check(parts)))
  return findings
}

export const examine = async (
  check: string,
  region: string | null,
  look: () => Checked | Promise<Checked>,
): Promise<Finding> => {
  try {
    const { summary, problems = [], repaired = [] } = await look()
    return { check, region, ok: problems.length === 0, summary, problems, repaired }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { check, region, ok: false, summary: 'could not be checked', problems: [message], repaired: [] }
  }
}

const checkDatabase = async ({ store }: DoctorParts): Promise<Checked> => {
  const problems = await store.inspection.findDamage()
  const { galleries, subjects, faces } = await store.inspection.counts()
  return { summary: `it is whole; galleries: ${galleries}, subjects: ${subjects}, faces: ${faces}`, problems }
}

/** Each count is compared within one statement, so nothing changes in between. */
const checkCounts = async ({ store, repair }: DoctorParts): Promise<Checked> => {
  const found = await store.inspection.findMiscounts()
  if (found.length === 0) return { summary: 'kept counts are those of the rows' }
  if (repair) {
    const mended = await store.inspection.mendCounts()
    return { summary: 'counts were wrong', repaired: [`counts that were put right: ${mended}`] }
  }
  const describe = ({ of, uid, kept, counted }: (typeof found)[number]) =>
    `the count of ${of} of ${uid} is ${kept}, and there are ${counted}`
  return { summary: 'counts are wrong', problems: found.map(describe) }
}

const checkErasures = async ({ store }: DoctorParts): Promise<Checked> => {
  const there = await store.inspection.findUnerased(BATCH)
  return {
    summary: 'nothing that was erased is still there',
    problems: there.map(
      record => `${describe(record)} was erased at ${record.erasedAt.toISOString()} and is still there`,
    ),
  }
}

const checkLog = async (parts: DoctorParts): Promise<Checked> => {
  const first = await compareLog(parts)
  if (first.unlogged.length + first.unknown.length > 0) await pause(parts, [1])
  const { logged, unlogged, unknown } =
    first.unlogged.length + first.unknown.length > 0 ? await compareLog(parts) : first
  return {
    summary: `erasures that are logged: ${logged}`,
    problems: [
      ...unlogged.map(record => `${describe(record)} was erased, and the log does not say so: start the server again`),
      ...unknown.map(
        record => `${describe(record)} is logged as erased, and the database does not know: start the server again`,
      ),
    ],
  }
}

const compareLog = async ({ store, readLog }: DoctorParts) => {
  // The log first: what is erased in between is missing in it, and never the other way round.
  const log = new Map<string, ErasureRecord>()
  for await (const records of readLog()) for (const record of records) log.set(keyOf(record), record)
  const tombs = new Set<string>()
  const unlogged: ErasureRecord[] = []
  for await (const records of listTombstones(store))
    for (const record of records) {
      tombs.add(keyOf(record))
      if (!log.has(keyOf(record))) unlogged.push(record)
    }
  // The tombstones of a gallery's content go with the gallery.
  const unknown = [...log].filter(([key, record]) => !tombs.has(key) && !tombs.has(galleryKeyOf(record)))
  return { logged: log.size, unlogged, unknown: unknown.map(([, record]) => record) }
}

const describe = ({ galleryUid, subjectUid, faceId }: ErasureRecord): string => {
  if (faceId !== null) return `face ${faceId}`
  return subjectUid === null ? `gallery ${galleryUid}` : `subject ${subjectUid}`
}
