import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
const require = createRequire(import.meta.url)
const tf = require('@tensorflow/tfjs')
const wasm = require('@tensorflow/tfjs-backend-wasm')
const root = dirname(require.resolve('@vladmandic/face-api'))
const faceapi = require(join(root, 'face-api.node-wasm.js'))
wasm.setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + '/')
await tf.setBackend('wasm'); await tf.ready()
const model = join(root, '../model')
await faceapi.nets.ssdMobilenetv1.loadFromDisk(model)
await faceapi.nets.tinyFaceDetector.loadFromDisk(model)
await faceapi.nets.faceLandmark68Net.loadFromDisk(model)
await faceapi.nets.faceRecognitionNet.loadFromDisk(model)
for (const options of [new faceapi.SsdMobilenetv1Options(), new faceapi.TinyFaceDetectorOptions()])
for (let k=0;k<2;k++) for (let i=1;i<=6;i++) {
 const t0=process.cpuUsage()
 const { data, info } = await sharp(`node_modules/@vladmandic/face-api/demo/sample${i}.jpg`).removeAlpha().raw().toBuffer({resolveWithObject:true})
 const t = tf.tensor3d(data, [info.height, info.width, 3], 'int32')
 const r = await faceapi.detectSingleFace(t, options).withFaceLandmarks().withFaceDescriptor(); t.dispose()
 const c = process.cpuUsage(t0)
 console.log(i, r?.descriptor?.length, r?.landmarks?.positions?.length, (c.user+c.system)/1000, tf.memory().numTensors)
}
