// The manifest that comes with the server is well formed, and a wrong field is named.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { committedManifest } from './install.ts'
import { distributionOf, modelFor, parseManifest } from './manifest.ts'
import { describeSource } from './pack-source.ts'

const path = committedManifest('open')
const text = readFileSync(path, 'utf8')
const parsed = parseManifest(text, path)
const digest = '0'.repeat(64)
const escaping = [
  { path: '../../etc/passwd', sha256: digest },
  { path: 'b', sha256: digest },
]
const curve = {
  points: [
    [0, 0],
    [1, -8],
  ],
  supportedLog10Fmr: -7,
  comparisons: 45,
}
const calibration = {
  madeFrom: 'a test',
  images: 10,
  date: '2026-01-31',
  comparison: curve,
  best: [{ faces: 2, ...curve }],
  fused: [],
}

test('the committed manifest is well formed', () => {
  const manifest = parseManifest(text, path)
  assert.equal(modelFor(manifest, 'embed').dimensions, 128)
  assert.deepEqual(modelFor(manifest, 'embed').alignment, { form: 'mesh-33', padding: 0.2, size: 150, mirror: true })
  assert.deepEqual(modelFor(manifest, 'detect').detection, { threshold: 0.6, iouThreshold: 0.3 })
})

test('a wrong manifest is refused with the file and the field', () => {
  const cases: [change: (manifest: typeof parsed) => unknown, field: string][] = [
    [manifest => ({ ...manifest, spec: 2 }), 'spec'],
    [manifest => ({ ...manifest, surplus: true }), '(the whole file)'],
    [manifest => withModel(manifest, { sha256: 'abc' }), 'models.0.sha256'],
    [manifest => withModel(manifest, { attribute: { name: 'beard', threshold: 0.5 } }), 'models.0.attribute.name'],
    [manifest => withModel(manifest, { attribute: { name: 'hat', threshold: 2 } }), 'models.0.attribute.threshold'],
    [manifest => withModel(manifest, { file: '../up.onnx' }), 'models.0.file'],
    [manifest => withModel(manifest, { task: 'dream' }), 'models.0.task'],
    [manifest => withModel(manifest, { dimension: 128 }), 'models.0'],
    [
      manifest => withModel(manifest, { source: { ...manifest.models[0]!.source, files: escaping } }),
      'models.0.source.files.0.path',
    ],
    [manifest => ({ ...manifest, models: [manifest.models[0], manifest.models[0]] }), 'models'],
    [manifest => ({ ...manifest, quality: { thresholds: { blur: 0.4, dark: 0.2 } } }), 'quality.thresholds.grayscale'],
    [
      manifest => ({
        ...manifest,
        quality: { unified: { ...manifest.quality!.unified!, features: [{ name: 'luck' }] } },
      }),
      'quality.unified.features.0.name',
    ],
    [
      manifest => ({ ...manifest, calibration: { ...calibration, comparison: { ...curve, points: [] } } }),
      'calibration.comparison.points',
    ],
    [
      manifest => ({ ...manifest, calibration: { ...calibration, templates: { centre: [0.1], largest: 0.2 } } }),
      'calibration.templates.centre',
    ],
  ]
  for (const [change, field] of cases) {
    assert.throws(() => parseManifest(JSON.stringify(change(parsed)), 'some/pack.json'), {
      code: 'pack_invalid',
      details: { file: 'some/pack.json', field },
    })
  }
  assert.throws(() => parseManifest('{', 'some/pack.json'), { code: 'pack_invalid', message: /some\/pack\.json/ })
})

test('the packs that are installed on request are well formed, and name where their files were published', () => {
  for (const [id, task] of [
    ['minifasnet', 'liveness'],
    ['retail-0095', 'embed'],
    ['yunet', 'landmarks'],
  ] as const) {
    const other = committedManifest(id)
    const manifest = parseManifest(readFileSync(other, 'utf8'), other)
    assert.equal(manifest.id, id)
    assert.match(describeSource(modelFor(manifest, task).source), /^https:\/\/.+\/$/)
  }
})

test('a pack has one model a task, but several for liveness; a file is one model', () => {
  const other = committedManifest('minifasnet')
  const manifest = parseManifest(readFileSync(other, 'utf8'), other)
  const [first, second] = manifest.models
  assert.deepEqual([first.task, second.task, manifest.models.length], ['liveness', 'liveness', 2])
  for (const models of [
    [first, first],
    [
      { ...first, task: 'embed' },
      { ...second, task: 'embed' },
    ],
  ])
    assert.throws(() => parseManifest(JSON.stringify({ ...manifest, models }), other), {
      details: { file: other, field: 'models' },
    })
})

test('a combined pack has parts and no models, each part once, with weights whose squares add up to 1', () => {
  const other = committedManifest('open+retail')
  const manifest = parseManifest(readFileSync(other, 'utf8'), other)
  assert.deepEqual([manifest.id, manifest.models.length, manifest.parts?.length], ['open+retail', 0, 2])
  const [first, second] = manifest.parts!
  const cases: [change: object, field: string][] = [
    [{ parts: undefined }, 'models'],
    [{ models: parsed.models.slice(0, 1) }, 'models'],
    [{ parts: [first] }, 'parts'],
    [{ parts: [first, { ...second, pack: first!.pack }] }, 'parts'],
    [{ parts: [first, { ...second, weight: 0.5 }] }, 'parts'],
    [{ parts: [first, { ...second, weight: 0 }] }, 'parts.1.weight'],
    [{ parts: [first, { ...second, dimensions: 100 }] }, 'calibration.templates.centre'],
    [{ id: 'open+' }, 'id'],
    [{ id: '+retail' }, 'id'],
    [{ id: 'open/retail' }, 'id'],
  ]
  for (const [change, field] of cases)
    assert.throws(() => parseManifest(JSON.stringify({ ...manifest, ...change }), other), {
      code: 'pack_invalid',
      details: { file: other, field },
    })
})

test('where a file was published is an https folder, with the size of each file', () => {
  const other = committedManifest('yunet')
  const manifest = parseManifest(readFileSync(other, 'utf8'), other)
  const source = manifest.models[0]!.source
  const [file] = source.files
  for (const change of [
    { upstream: 'http://packs.example/' },
    { upstream: 'https://packs.example/file' },
    { upstream: 'https://packs.example/?a=/' },
    { files: [] },
    { files: [{ ...file, bytes: undefined }] },
    { files: [{ ...file, path: '../up' }] },
  ])
    assert.throws(
      () => parseManifest(JSON.stringify(withModel(manifest, { source: { ...source, ...change } })), other),
      {
        code: 'pack_invalid',
        message: /the field models\.0\.source/,
      },
    )
})

test('a calibration is taken with its provenance', () => {
  const manifest = parseManifest(JSON.stringify({ ...parsed, calibration }), path)
  assert.deepEqual(manifest.calibration, calibration)
})

test('where templates lie is taken over, and may be missing', () => {
  const templates = { centre: Array<number>(128).fill(0.08), largest: 0.2 }
  const manifest = parseManifest(JSON.stringify({ ...parsed, calibration: { ...calibration, templates } }), path)
  assert.deepEqual(distributionOf(manifest), { centre: Float32Array.from(templates.centre), largest: 0.2 })
  assert.equal(distributionOf(parseManifest(JSON.stringify({ ...parsed, calibration }), path)), undefined)
  assert.equal(distributionOf({ ...manifest, calibration: undefined }), undefined)
})

test('a task without a model is refused', () => {
  const manifest = parseManifest(JSON.stringify({ ...parsed, models: parsed.models.slice(0, 1) }), path)
  assert.throws(() => modelFor(manifest, 'embed'), { code: 'pack_invalid', message: /no model for the task embed/ })
})

function withModel(manifest: typeof parsed, change: object) {
  return { ...manifest, models: [{ ...manifest.models[0], ...change }] }
}
