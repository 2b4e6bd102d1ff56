// The regions file: what is taken, and the sentence that refuses the rest.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { AppError } from './errors.ts'
import { readRegions } from './regions-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'likeness-regions-'))
after(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'regions.json')
const write = (content: unknown): string => {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('regions come in the order of the file, hosts in lower case', () => {
  write({ regions: { eu: { hosts: ['EU.example.com'], countries: ['DE', 'FR'] }, default: {} } })
  assert.deepEqual(readRegions(path), [
    { id: 'eu', hosts: ['eu.example.com'], countries: ['DE', 'FR'] },
    { id: 'default', hosts: [], countries: null },
  ])
})

const many = Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`r${at}`, {}]))
const WRONG: [unknown, RegExp][] = [
  ['{', /readable file of JSON/],
  [[], /object/],
  [{}, /"regions"/],
  [{ regions: {} }, /1 to 32 regions; it names 0/],
  [{ regions: many }, /1 to 32 regions; it names 33/],
  [{ regions: { EU: {} } }, /"regions\.EU".*lower-case letters/],
  [{ regions: { '../up': {} } }, /lower-case letters/],
  [{ regions: { [`r${'x'.repeat(32)}`]: {} } }, /1 to 32 lower-case/],
  [{ regions: { eu: { hosts: ['https://eu.example.com'] } } }, /"regions\.eu\.hosts\.0": must be a host name/],
  [{ regions: { eu: { hosts: ['eu.example.com:443'] } } }, /must be a host name without a scheme or port/],
  [{ regions: { eu: { countries: ['Germany'] } } }, /"regions\.eu\.countries\.0".*two capital letters/],
  [{ regions: { eu: { countries: [] } } }, /"regions\.eu\.countries"/],
  [{ regions: { eu: { host: 'eu.example.com' } } }, /"regions\.eu".*host/],
  [{ regions: { a: { hosts: ['x.com'] }, b: { hosts: ['X.com'] } } }, /"x\.com" leads to two regions, "a" and "b"/],
]

test('what is wrong is refused with the file and the place in it', () => {
  for (const [content, sentence] of WRONG)
    assert.throws(
      () => readRegions(write(content)),
      error => {
        assert.ok(error instanceof AppError)
        assert.equal(error.code, 'config_invalid')
        assert.match(error.message, sentence)
        assert.ok(error.message.includes(path))
        return true
      },
    )
})

test('a file that is not there is refused', () => {
  assert.throws(() => readRegions(join(folder, 'none.json')), /none\.json: it must be a readable file/)
})
