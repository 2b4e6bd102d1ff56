// @vladmandic/human as an enrolment would use it: detector, mesh and description of one face, everything else off.
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Tensor3D } from '@tensorflow/tfjs'
import { type Peer, require, WASM_FOLDER } from './peer.ts'

interface HumanModule {
  readonly Human: new (
    config: object,
  ) => {
    readonly version: string
    init(): Promise<void>
    load(): Promise<void>
    detect(
      picture: Tensor3D,
    ): Promise<{ readonly error?: string; readonly face: readonly { readonly embedding?: readonly number[] }[] }>
  }
}

const OFF = { enabled: false }
const ON = { enabled: true }

export const openHuman = async (): Promise<Peer> => {
  const dist = dirname(require.resolve('@vladmandic/human'))
  serveModels(join(dist, '../models'))
  const { Human }: HumanModule = require(join(dist, 'human.node-wasm.js'))
  const human = new Human({
    backend: 'wasm',
    wasmPath: WASM_FOLDER,
    modelBasePath: 'http://models/',
    warmup: 'none',
    // Every picture is somebody else: nothing may be taken over from the one before.
    cacheSensitivity: 0,
    filter: OFF,
    gesture: OFF,
    body: OFF,
    hand: OFF,
    object: OFF,
    segmentation: OFF,
    face: { ...ON, mesh: ON, description: ON, iris: OFF, emotion: OFF, antispoof: OFF, liveness: OFF },
  })
  await human.init()
  await human.load()
  return {
    name: 'human',
    version: human.version,
    setup: 'blazeface, facemesh and faceres on its one face',
    async findFace(picture) {
      const { face, error } = await human.detect(picture)
      if (error) throw new Error(`human: ${error}`)
      return (face[0]?.embedding?.length ?? 0) > 0
    },
  }
}

/** This build fetches its models over HTTP and takes no files; in this process a fetch is answered from the folder. */
const serveModels = (folder: string): void => {
  globalThis.fetch = async input => new Response(new Uint8Array(await readFile(join(folder, basename(String(input))))))
}
