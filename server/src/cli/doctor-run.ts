// Opens what the doctor looks at, and looks at all of it. Prints nothing.
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { packName } from '../core/context.ts'
import { examine, examineRegion } from '../core/doctor.ts'
import type { Finding } from '../core/doctor-parts.ts'
import { createPackIndexes } from '../core/pack-indexes.ts'
import type { Vault } from '../core/ports.ts'
import { createExactIndex } from '../index/exact.ts'
import { erasureFileOf, openControl, openRegionData, openVaultOf, type RegionData } from '../main.ts'
import { readErasureFile } from '../store/erasure-file.ts'
import { readCommitted } from '../vision/packs/install.ts'
import { distributionOf, type PackManifest } from '../vision/packs/manifest.ts'
import { BASE_PACK, RECOGNITION_PACKS } from '../vision/packs/recognition.ts'
import { dimensionsOf } from '../vision/packs/recognition-pack.ts'
import { listRegions } from './backup-writing.ts'
import {
  type ExpectedFaces,
  examineControl,
  examineDisk,
  examineFiles,
  examineMasterKey,
  examinePacks,
  examineServer,
} from './doctor-installation.ts'
import { readPacks } from './pack-states.ts'

export interface DoctorOrder {
  readonly repair: boolean
  readonly onFinding: (finding: Finding) => void
}

/** Long enough for an enrolment or an erasure to come to its end. */
const RECHECK_MS = 1000

/** Every finding, in the order of the checks; a database that cannot be opened ends those that need it. */
export const runDoctor = async (config: Config, { repair, onFinding }: DoctorOrder): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  const report = (finding: Finding): void => {
    findings.push(finding)
    onFinding(finding)
  }
  for (const look of [examineFiles, examineDisk, examinePacks, examineControl]) report(await look(config))
  if (!findings.at(-1)!.ok) return findings
  const control = await openControl(config)
  try {
    report(await examineMasterKey(config, control))
    if (!findings.at(-1)!.ok) return findings
    const vault = await openVaultOf(config, control)
    const packs = await readRecognitionPacks(config)
    const regions: Opened[] = []
    for (const id of await listRegions(config)) {
      const opened = await openRegion(config, vault, id, report)
      if (opened) regions.push(opened)
    }
    try {
      for (const opened of regions)
        for (const finding of await examineOpened(config, opened, vault, packs, repair)) report(finding)
      report(await examineServer(config, regions.map(toExpected(packs)), RECHECK_MS))
    } finally {
      for (const { data } of regions) await data.store.close()
    }
    return findings
  } finally {
    await control.close()
  }
}

interface Opened {
  readonly id: string
  readonly data: RegionData
}

const openRegion = async (
  config: Config,
  vault: Vault,
  id: string,
  report: (finding: Finding) => void,
): Promise<Opened | null> => {
  const path = join(config.dataDir, 'regions', id, 'region.db')
  let data: RegionData | null = null
  const finding = await examine('database', id, async () => {
    data = await openRegionData(config, vault, id)
    return { summary: '' }
  })
  if (data) return { id, data }
  report({ ...finding, summary: `${path} cannot be opened` })
  return null
}

/** The recognition packs of a server that starts now, by "id@version"; the base pack is built when it is missing. */
const readRecognitionPacks = async (config: Config): Promise<ReadonlyMap<string, PackManifest>> => {
  const states = new Map((await readPacks(config)).map(({ id, state }) => [id, state]))
  const manifests = await Promise.all(RECOGNITION_PACKS.map(readCommitted))
  const present = manifests.filter(({ id }) => id === BASE_PACK || states.get(id) === 'installed')
  return new Map(present.map(manifest => [packName(manifest), manifest]))
}

const examineOpened = (
  config: Config,
  { id, data }: Opened,
  vault: Vault,
  packs: ReadonlyMap<string, PackManifest>,
  repair: boolean,
): Promise<readonly Finding[]> => {
  const log = erasureFileOf(config.erasuresDir, id)
  return examineRegion({
    regionId: id,
    ...data,
    vault,
    clock: { now: () => new Date() },
    readLog: () => readErasureFile(log),
    packs: new Map([...packs].map(([name, manifest]) => [name, dimensionsOf({ manifest })])),
    createIndex: () =>
      createPackIndexes(name => {
        const manifest = packs.get(name)!
        return createExactIndex({
          dimensions: dimensionsOf({ manifest }),
          distribution: distributionOf(manifest),
          templates: faceIds => data.store.faces.templatesOf(faceIds),
        })
      }),
    recheckMs: RECHECK_MS,
    repair,
  })
}

/** A server's index holds the galleries of its packs. */
const toExpected =
  (packs: ReadonlyMap<string, PackManifest>) =>
  ({ id, data: { store } }: Opened): ExpectedFaces => ({
    region: id,
    async count() {
      let faces = 0
      for (const { uid, pack } of await store.galleries.listAll())
        if (packs.has(pack)) faces += (await store.galleries.counts(uid)).faces
      return faces
    },
  })
