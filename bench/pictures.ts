// The pictures that throughput and memory are measured with: a folder's, or ones made from what the npm packages carry.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import type { Box, ImageFacts } from '../server/src/core/types.ts'
import { resolveInstalled } from '../server/src/vision/packs/sources.ts'
import { listPictures, openEngine } from './templates.ts'

export interface PictureChoice {
  readonly images?: string
  readonly count?: number
  /** The packages' photographs of groups as they are. */
  readonly groups?: boolean
}

export interface BenchPictures {
  /** Where they are from, for people. */
  readonly source: string
  readonly paths: readonly string[]
  readonly bytes: readonly Buffer[]
  /** Removes what was made for the occasion. */
  remove(): Promise<void>
}

const PACKAGE = '@vladmandic/face-api'
const PHOTOGRAPHS = 6

/** The first `count` of the folder by path; without a folder the portraits, or the photographs that they are cut from. */
export const readPictures = async ({ images, count = 200, groups }: PictureChoice): Promise<BenchPictures> => {
  if (images !== undefined) {
    const found = (await listPictures(resolve(images))).slice(0, count)
    if (found.length === 0) throw new Error(`There is no picture below ${images}.`)
    return load(
      images,
      found.map(({ path }) => path),
    )
  }
  if (groups) return load(`photographs of groups in ${PACKAGE}`, photographs())
  const folder = await mkdtemp(join(tmpdir(), 'likeness-portraits-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  return load(`portraits cut out of photographs in ${PACKAGE}`, await cutPortraits(folder), remove)
}

const load = async (source: string, paths: readonly string[], remove = async () => {}): Promise<BenchPictures> => ({
  source,
  paths,
  bytes: await Promise.all(paths.map(path => readFile(path))),
  remove,
})

const photographs = (): string[] =>
  Array.from({ length: PHOTOGRAPHS }, (_, index) => resolveInstalled(PACKAGE, `demo/sample${index + 1}.jpg`)).filter(
    path => path !== undefined,
  )

/** Every face of the photographs with some hair and shoulder around it, where that shows nobody else. */
const cutPortraits = async (folder: string): Promise<string[]> => {
  const engine = await openEngine({ threads: 1 })
  const paths: string[] = []
  for (const photograph of photographs()) {
    const bytes = await readFile(photograph)
    const { faces, image } = await engine.analyse(new Uint8Array(bytes), { templates: 'none' })
    for (const { box } of faces) {
      const portrait = await sharp(bytes).extract(portraitArea(box, image)).jpeg({ quality: 90 }).toBuffer()
      const alone = await engine.analyse(new Uint8Array(portrait), { templates: 'none' })
      if (alone.faces.length !== 1) continue
      paths.push(join(folder, `${paths.length}.jpg`))
      await writeFile(paths.at(-1)!, portrait)
    }
  }
  await engine.close()
  return paths
}

/** Side of a portrait in face widths: as a passport photograph is cut, or a little wider. */
const PORTRAIT_SCALE = 2.2

const portraitArea = (box: Box, { width, height }: ImageFacts) => {
  const side = PORTRAIT_SCALE * Math.max(box.width, box.height)
  const left = Math.max(0, Math.round(box.x + (box.width - side) / 2))
  const top = Math.max(0, Math.round(box.y + (box.height - side) / 2))
  return {
    left,
    top,
    width: Math.min(width - left, Math.round(side)),
    height: Math.min(height - top, Math.round(side)),
  }
}
