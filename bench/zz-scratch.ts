import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import sharp from 'sharp'
const require = createRequire(import.meta.url)
const tf = require('@tensorflow/tfjs')
const wasm = require('@tensorflow/tfjs-backend-wasm')
const models = join(dirname(require.resolve('@vladmandic/human')), '../models')
const native = globalThis.fetch
globalThis.fetch = (async (url: any) => new Response(await readFile(join(models, basename(String(url)))))) as any
const { Human } = require(join(dirname(require.resolve('@vladmandic/human')), 'human.node-wasm.js'))
const human = new Human({ backend: 'wasm', wasmPath: dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')) + '/dist/', modelBasePath: 'http://models/', debug: true, async: false, warmup: 'none', cacheSensitivity: 0,
 filter: { enabled: false }, gesture: { enabled: false }, face: { enabled: true, iris: { enabled: false }, emotion: { enabled: false }, antispoof: {enabled:false}, liveness: {enabled:false}, description: {enabled: true}, mesh: {enabled: true} }, body: {enabled:false}, hand: {enabled:false}, object: {enabled:false}, segmentation: {enabled:false} })
await human.init(); await human.load()
for (let k=0;k<2;k++) for (let i=1;i<=6;i++) {
 const t0=process.cpuUsage()
 const { data, info } = await sharp(`node_modules/@vladmandic/face-api/demo/sample${i}.jpg`).removeAlpha().raw().toBuffer({resolveWithObject:true})
 const t = tf.tensor3d(data, [info.height, info.width, 3], 'int32')
 const r = await human.detect(t); t.dispose()
 const c = process.cpuUsage(t0)
 console.log(i, r.face.length, r.face[0]?.embedding?.length, r.face[0]?.mesh?.length, (c.user+c.system)/1000, tf.memory().numTensors, Object.entries(r.performance).map(String).join(' '))
}
console.log(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'), await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'), wasm.getThreadsCount())
