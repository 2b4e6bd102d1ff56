// What an ONNX file takes and gives is read out of it; what is no ONNX file is corrupt.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGraphBuilder, nameOutput } from './onnx-graph.ts'
import { describeOnnx } from './onnx-reader.ts'
import { writeOnnx } from './onnx-writer.ts'

test('inputs and outputs with their sizes, open ones as the batch', () => {
  const builder = createGraphBuilder()
  nameOutput(builder, builder.node('Relu', ['input']).output, 'output')
  const inputs = [{ name: 'input', shape: ['n', 3, 8, 8] as const }]
  const outputs = [{ name: 'output', shape: ['n', 3, 8, 8] as const }]
  const file = writeOnnx({ name: 'sample', inputs, outputs, nodes: builder.nodes, constants: builder.constants })
  assert.deepEqual(describeOnnx(file, 'some.onnx'), [...inputs, ...outputs])
})

test('what is no ONNX file, or no network, is corrupt', () => {
  for (const bytes of [Buffer.from('<html>'), Buffer.alloc(0), Buffer.from([0xff, 0xff])])
    assert.throws(() => describeOnnx(bytes, 'some.onnx'), {
      code: 'pack_source_corrupt',
      message: /some\.onnx is (not )?an ONNX file/,
    })
})
