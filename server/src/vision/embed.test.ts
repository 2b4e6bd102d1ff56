// Joined templates: of length 1, and their cosine is that of the parts in the shares of the weights.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dotOf } from '../core/score.ts'
import { embedFaces, joinTemplates } from './embed.ts'
import type { MeshedFace } from './mesh.ts'
import type { Embedder } from './networks.ts'

const unit = (...values: number[]): Float32Array => {
  const length = Math.hypot(...values)
  return Float32Array.from(values, value => value / length)
}
const WEIGHTS = [{ weight: 0.774597 }, { weight: 0.632456 }]

test('the cosine of joined templates is the sum of the cosines, each times its weight squared', () => {
  const one = [unit(1, 2, 3), unit(-1, 4)]
  const other = [unit(3, 1, 2), unit(2, 5)]
  const joined = [one, other].map(parts =>
    joinTemplates(
      parts.map(template => ({ template })),
      WEIGHTS,
    ),
  )
  assert.deepEqual(
    joined.map(({ length }) => length),
    [5, 5],
  )
  for (const template of joined) assert.ok(Math.abs(dotOf(template, template) - 1) < 1e-6)
  const expected = 0.6 * dotOf(one[0], other[0]) + 0.4 * dotOf(one[1], other[1])
  assert.ok(Math.abs(dotOf(joined[0], joined[1]) - expected) < 1e-6)
})

test('the template of one network is left as it is', () => {
  const template = unit(1, 2)
  assert.equal(joinTemplates([{ template }], [{ weight: 1 }]), template)
})

test('each face gets what each network made of its own crop', async () => {
  const embedderOf = (pack: string, weight: number, shift: number) =>
    ({
      pack,
      weight,
      align: (mesh: number) => mesh + shift,
      recogniser: {
        dimensions: 2,
        embed: async (_: unknown, crops: readonly number[]) =>
          crops.map(crop => ({ template: unit(crop, 1), length: crop })),
      },
    }) as unknown as Embedder
  const embedders = [embedderOf('one', 0.6, 10), embedderOf('other', 0.8, 20)]
  const faces = [{ mesh: 1 }, { mesh: 2 }] as unknown as MeshedFace[]
  const made = await embedFaces({ embedders: async () => embedders }, {} as never, faces)
  assert.deepEqual(
    made.map(({ parts }) => [parts.get('one')?.length, parts.get('other')?.length]),
    [
      [11, 21],
      [12, 22],
    ],
  )
  for (const { template } of made) assert.ok(Math.abs(dotOf(template, template) - 1) < 1e-6)
})

test('without a face no network is opened', async () => {
  const embedders = () => assert.fail('opened')
  assert.deepEqual(await embedFaces({ embedders }, {} as never, []), [])
})
