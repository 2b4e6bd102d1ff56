// Settings: defaults, environment over file, and the sentence that refuses a wrong one.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { loadConfig, SECRET_SETTINGS, SETTINGS } from './config.ts'
import { ATTRIBUTES } from './core/face-attributes.ts'
import { AppError } from './errors.ts'

const refusal = (env: NodeJS.ProcessEnv, overrides = {}): string => {
  try {
    loadConfig(env, overrides)
  } catch (error) {
    assert.ok(error instanceof AppError)
    assert.equal(error.code, 'config_invalid')
    return error.message
  }
  assert.fail('The settings were taken.')
}

const withFile = (content: string, run: (path: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-config-'))
  const path = join(folder, 'settings.json')
  writeFileSync(path, content)
  try {
    run(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('without any setting the defaults hold', () => {
  const { config, origins } = loadConfig({})
  assert.equal(config.port, 8470)
  assert.equal(config.host, '127.0.0.1')
  assert.equal(config.packsDir, join(config.dataDir, 'packs'))
  assert.equal(config.keepPictures, true)
  assert.deepEqual(origins, {})
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.limits))
})

test('the environment wins over the file, an override over both', () => {
  withFile('{"port": 9000, "host": "0.0.0.0", "logLevel": "info"}', path => {
    const { config, origins } = loadConfig(
      { LIKENESS_CONFIG: path, LIKENESS_PORT: '9001', LIKENESS_LOG_LEVEL: 'debug' },
      { logLevel: 'error' },
    )
    assert.equal(config.port, 9001)
    assert.equal(config.host, '0.0.0.0')
    assert.equal(config.logLevel, 'error')
    assert.deepEqual(origins, { port: 'LIKENESS_PORT', host: path, logLevel: '--log-level' })
  })
})

test('attributes are all told, or those that are named, or none', () => {
  assert.deepEqual(loadConfig({}).config.attributes, ATTRIBUTES)
  assert.deepEqual(loadConfig({ LIKENESS_ATTRIBUTES: '' }).config.attributes, ATTRIBUTES)
  assert.deepEqual(loadConfig({ LIKENESS_ATTRIBUTES: 'none' }).config.attributes, [])
  assert.deepEqual(loadConfig({ LIKENESS_ATTRIBUTES: 'hat, mask' }).config.attributes, ['mask', 'hat'])
  assert.deepEqual(loadConfig({ LIKENESS_ATTRIBUTES: 'faceBlocker' }).config.attributes, ['faceBlocker'])
  for (const wrong of ['Mask', 'mask,', 'mask,mask', 'mask;hat', 'none,mask', 'all', 'face-blocker'])
    assert.equal(
      refusal({ LIKENESS_ATTRIBUTES: wrong }),
      `LIKENESS_ATTRIBUTES: "attributes": must be none, or some of ${ATTRIBUTES.join(', ')} separated by commas, each once, found ${JSON.stringify(wrong)}.`,
    )
})

test('liveness is judged by the best model installed, by one that is named, or not at all', () => {
  assert.equal(loadConfig({}).config.liveness, 'auto')
  for (const liveness of ['auto', 'minifasnet', 'liveness', 'off'])
    assert.equal(loadConfig({ LIKENESS_LIVENESS: liveness }).config.liveness, liveness)
  assert.equal(loadConfig({ LIKENESS_LIVENESS: '' }).config.liveness, 'auto')
  for (const wrong of ['on', 'none', 'Auto', 'minifasnet,liveness'])
    assert.equal(
      refusal({ LIKENESS_LIVENESS: wrong }),
      `LIKENESS_LIVENESS: "liveness": must be auto, minifasnet, liveness or off, found ${JSON.stringify(wrong)}.`,
    )
})

test('the line of waiting pictures follows the threads, bodies in flight follow the largest body', () => {
  assert.equal(loadConfig({}, { visionThreads: 5 }).config.limits.maxQueuedImages, 15)
  assert.equal(loadConfig({}, { visionThreads: 5, maxQueuedImages: 2 }).config.limits.maxQueuedImages, 2)
  const { limits } = loadConfig({ LIKENESS_MAX_IMAGE_BYTES: '1000000000' }).config
  assert.ok(limits.maxInFlightBodyBytes >= 2 * limits.maxBodyBytes)
})

test('a burst without a rate is refused', () => {
  assert.match(refusal({ LIKENESS_RATE_BURST: '5' }), /"rateLimit" with "rateBurst"/)
  assert.match(refusal({ LIKENESS_RATE_LIMIT: '0' }), /LIKENESS_RATE_LIMIT.*whole number from 1/)
})

test('the command line talks to this host and port unless told otherwise', () => {
  assert.equal(loadConfig({}).config.url, 'http://127.0.0.1:8470')
  assert.equal(loadConfig({ LIKENESS_HOST: '0.0.0.0', LIKENESS_PORT: '9000' }).config.url, 'http://127.0.0.1:9000')
  assert.equal(loadConfig({ LIKENESS_HOST: '::' }).config.url, 'http://[::1]:8470')
  assert.equal(loadConfig({ LIKENESS_URL: 'https://faces.example' }).config.url, 'https://faces.example')
})

test('an empty variable counts as not set', () => {
  assert.equal(loadConfig({ LIKENESS_PORT: '' }).config.port, 8470)
})

test('words for yes and no are understood', () => {
  for (const [word, value] of [
    ['true', true],
    ['1', true],
    ['yes', true],
    ['false', false],
    ['0', false],
    ['no', false],
  ] as const)
    assert.equal(loadConfig({ LIKENESS_KEEP_PICTURES: word }).config.keepPictures, value)
})

test('proxies are nobody, everybody, or addresses and ranges', () => {
  const read = (text: string) => loadConfig({ LIKENESS_TRUST_PROXY: text }).config.trustProxy
  assert.equal(loadConfig({}).config.trustProxy, false)
  assert.deepEqual([read('true'), read('false')], [true, false])
  assert.deepEqual(read('10.0.0.0/8, ::1,192.0.2.1'), ['10.0.0.0/8', '::1', '192.0.2.1'])
  for (const text of ['yes', '10.0.0.0/33', '10.0.0.0/8/8', 'proxy.example', '10.0.0.1,', '::1/129', '10.0.0.0/'])
    assert.match(refusal({ LIKENESS_TRUST_PROXY: text }), /LIKENESS_TRUST_PROXY.*true, false, or addresses/, text)
})

test('a certificate and its key come together', () => {
  const both = { LIKENESS_TLS_CERT_FILE: '/a.crt', LIKENESS_TLS_KEY_FILE: '/a.key' }
  assert.equal(loadConfig(both).config.tlsCertFile, '/a.crt')
  for (const env of [{ LIKENESS_TLS_CERT_FILE: '/a.crt' }, { LIKENESS_TLS_KEY_FILE: '/a.key' }])
    assert.match(refusal(env), /both "tlsCertFile" and "tlsKeyFile", or neither/)
})

test('there is one region unless a file names others', () => {
  assert.deepEqual(loadConfig({}).config.regions, [{ id: 'default', hosts: [], countries: null }])
  withFile('{"regions": {"eu": {"hosts": ["eu.example.com"]}}}', path => {
    const { regions } = loadConfig({ LIKENESS_REGIONS_FILE: path }).config
    assert.deepEqual(regions, [{ id: 'eu', hosts: ['eu.example.com'], countries: null }])
  })
  assert.match(refusal({ LIKENESS_REGIONS_FILE: '/nowhere/regions.json' }), /regions file .*nowhere/)
})

test('limits follow the settings, and a body takes two pictures in base64', () => {
  const { limits } = loadConfig({ LIKENESS_MAX_IMAGE_BYTES: '3000000' }).config
  assert.equal(limits.maxImageBytes, 3_000_000)
  assert.ok(limits.maxBodyBytes >= 8_000_000)
})

test('a wrong value is refused with the variable, the expectation and what was found', () => {
  for (const [env, words] of [
    [{ LIKENESS_PORT: '70000' }, ['LIKENESS_PORT', '70000']],
    [{ LIKENESS_PORT: 'http' }, ['LIKENESS_PORT', 'whole number from 0 to 65535', 'http']],
    [{ LIKENESS_VISION_THREADS: '0' }, ['LIKENESS_VISION_THREADS']],
    [{ LIKENESS_KEEP_PICTURES: 'maybe' }, ['LIKENESS_KEEP_PICTURES', 'maybe']],
    [{ LIKENESS_TLS: 'maybe' }, ['LIKENESS_TLS', 'maybe']],
    [{ LIKENESS_METRICS: 'all' }, ['LIKENESS_METRICS', 'all']],
    [{ LIKENESS_LOG_LEVEL: 'loud' }, ['LIKENESS_LOG_LEVEL', 'loud']],
    [{ LIKENESS_URL: 'not a url' }, ['LIKENESS_URL']],
    [{ LIKENESS_IMAGE_URLS: 'private' }, ['LIKENESS_IMAGE_URLS', 'private']],
    [{ LIKENESS_TRANSACTION_DAYS: '0' }, ['LIKENESS_TRANSACTION_DAYS', '1 to 3650']],
    [{ LIKENESS_UNKNOWN_HOSTS: 'eu' }, ['unknownHosts', 'credential, refuse', 'eu']],
    [{ LIKENESS_PUBLIC_URL: 'ftp://example.com' }, ['LIKENESS_PUBLIC_URL', 'http or https']],
    [{ LIKENESS_PACK: 'unknown' }, ['LIKENESS_PACK', 'unknown']],
    [{ LIKENESS_PACK: 'yunet' }, ['LIKENESS_PACK', 'yunet']],
  ] as const) {
    const message = refusal(env)
    for (const word of words) assert.ok(message.includes(word), message)
  }
})

test('a file that is missing, no JSON or has an unknown name is refused', () => {
  assert.match(refusal({ LIKENESS_CONFIG: '/nowhere/settings.json' }), /does not exist/)
  withFile('port = 1', path => assert.match(refusal({ LIKENESS_CONFIG: path }), /one JSON object/))
  withFile('{"prot": 1}', path => assert.match(refusal({ LIKENESS_CONFIG: path }), /prot/))
})

test('the public address loses the slash at its end', () => {
  assert.equal(
    loadConfig({ LIKENESS_PUBLIC_URL: 'https://faces.example.com/' }).config.publicUrl,
    'https://faces.example.com',
  )
  assert.equal(loadConfig({}).config.publicUrl, undefined)
})

test('the master key lies in the data folder unless told otherwise', () => {
  const { config } = loadConfig({ LIKENESS_DATA_DIR: '/srv/faces' })
  assert.equal(config.masterKeyFile, join(config.dataDir, 'master.key'))
  assert.equal(loadConfig({ LIKENESS_MASTER_KEY_FILE: '/etc/a.key' }).config.masterKeyFile, resolve('/etc/a.key'))
})

test('a wrong secret is refused without being shown', () => {
  for (const name of SECRET_SETTINGS)
    withFile(JSON.stringify({ [name]: { hush: 'hush-hush' } }), path => {
      const message = refusal({ LIKENESS_CONFIG: path })
      assert.ok(message.includes(name) && !message.includes('hush'), message)
    })
})

test('every setting is described and has an environment name of its own', () => {
  assert.equal(new Set(SETTINGS.map(setting => setting.env)).size, SETTINGS.length)
  for (const setting of SETTINGS) assert.ok(setting.description.length > 10, setting.name)
})
