// A peer in a process of its own: takes a list of pictures from its parent, looks at them one after the other, and answers
// with the figures.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { measureUntil, type WorkFigures } from '../measure.ts'
import { openFaceApi } from './face-api.ts'
import { openHuman } from './human.ts'
import { decodePicture, type Peer, startTensorFlow } from './peer.ts'

export interface PeerTask {
  readonly peer: PeerName
  readonly paths: readonly string[]
  readonly seconds: number
}

export interface PeerFigures extends WorkFigures {
  readonly name: string
  readonly version: string
  readonly setup: string
  /** Pictures in which it found a face, among all that it looked at. */
  readonly faces: number
}

/** The first pictures compile its kernels and grow its memory. */
const WARM_UP = 10

const OPEN = {
  human: openHuman,
  'face-api': () => openFaceApi('ssd'),
  'face-api-tiny': () => openFaceApi('tiny'),
} satisfies Record<string, () => Promise<Peer>>
export type PeerName = keyof typeof OPEN

const measurePeer = async ({ peer, paths, seconds }: PeerTask): Promise<PeerFigures> => {
  const tf = await startTensorFlow()
  const { findFace, ...facts } = await OPEN[peer]()
  let faces = 0
  const look = async (path: string): Promise<void> => {
    const picture = await decodePicture(tf, await readFile(path))
    faces += (await findFace(picture)) ? 1 : 0
    picture.dispose()
  }
  for (let i = 0; i < WARM_UP; i++) await look(paths[i % paths.length])
  faces = 0
  return { ...facts, ...(await measureUntil(paths, seconds, look)), faces }
}

const [task] = (await once(process, 'message')) as [PeerTask]
process.send?.(await measurePeer(task), () => process.disconnect())
