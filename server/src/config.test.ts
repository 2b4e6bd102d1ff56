// Settings: defaults, environment over file, and the sentence that refuses a wrong one.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig, SETTINGS } from './config.ts'
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
    [{ LIKENESS_LOG_LEVEL: 'loud' }, ['LIKENESS_LOG_LEVEL', 'loud']],
    [{ LIKENESS_URL: 'not a url' }, ['LIKENESS_URL']],
    [{ LIKENESS_PACK: 'unknown' }, ['LIKENESS_PACK', 'unknown']],
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

test('every setting is described and has an environment name of its own', () => {
  assert.equal(new Set(SETTINGS.map(setting => setting.env)).size, SETTINGS.length)
  for (const setting of SETTINGS) assert.ok(setting.description.length > 10, setting.name)
})
