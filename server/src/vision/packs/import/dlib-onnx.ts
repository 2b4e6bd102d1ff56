// Builds the dlib face recogniser (a 29-layer residual network, 128 values) as an ONNX network from its weights alone: the
// topology is not in the weight file, it is written down here. Input NCHW 150x150, already normalised by the caller.
import { createGraphBuilder, type GraphBuilder, nameOutput, type OnnxGraph } from './onnx-graph.ts'
import { corruptSource, type ReadShard, readWeights, type WeightTensor, weightGroups } from './tfjs-weights.ts'

export interface DlibImport {
  /** The weights manifest: its path for messages, and its text. */
  readonly path: string
  readonly text: string
  readonly readShard: ReadShard
  readonly name: string
  readonly inputName: string
  readonly outputName: string
}

interface Translation {
  readonly builder: GraphBuilder
  tensor(name: string, axes: number): WeightTensor
}

/** Value and geometry on the way through the network: the spatial side (all maps are square) and the channels. */
interface Maps {
  readonly name: string
  readonly side: number
  readonly channels: number
}

const SIDE = 150

/** The residual blocks in order; `down` halves the side. */
const BLOCKS = [
  'conv32_1',
  'conv32_2',
  'conv32_3',
  'conv64_down',
  'conv64_1',
  'conv64_2',
  'conv64_3',
  'conv128_down',
  'conv128_1',
  'conv128_2',
  'conv256_down',
  'conv256_1',
  'conv256_2',
  'conv256_down_out',
] as const

/** Throws `pack_source_corrupt` where a weight is missing or has another form than the topology needs. */
export function importDlibRecogniser(source: DlibImport): OnnxGraph {
  const builder = createGraphBuilder()
  const translation: Translation = { builder, tensor: readTensors(source) }
  let maps = convolve(translation, { name: source.inputName, side: SIDE, channels: 3 }, 'conv32_down', 2, 0)
  maps = relu(translation, maps)
  const pool = builder.node('MaxPool', [maps.name], { kernel_shape: [3, 3], strides: [2, 2] })
  maps = { name: pool.output, side: Math.floor((maps.side - 3) / 2) + 1, channels: maps.channels }
  for (const block of BLOCKS) maps = residual(translation, maps, block)
  const mean = builder.node('GlobalAveragePool', [maps.name])
  const flat = builder.node('Flatten', [mean.output], { axis: 1 })
  const { data, shape } = translation.tensor('fc', 2)
  const weights = builder.constant(data as Float32Array, shape)
  nameOutput(builder, builder.node('MatMul', [flat.output, weights]).output, source.outputName)
  return {
    name: source.name,
    inputs: [{ name: source.inputName, shape: ['n', 3, SIDE, SIDE] }],
    outputs: [{ name: source.outputName, shape: ['n', shape[1]!] }],
    nodes: builder.nodes,
    constants: builder.constants,
  }
}

function readTensors(source: DlibImport): Translation['tensor'] {
  let groups: ReturnType<typeof weightGroups.parse>
  try {
    groups = weightGroups.parse(JSON.parse(source.text))
  } catch (cause) {
    throw corruptSource(source.path, 'is not a weights manifest', cause)
  }
  const tensors = readWeights(groups, source.readShard)
  return (name, axes) => {
    const found = tensors.get(name)
    if (found?.data instanceof Float32Array && found.shape.length === axes) return found
    throw corruptSource(source.path, `has no tensor ${name} with ${axes} axes`)
  }
}

/** Two convolutions and a way past them, added; the way past is averaged over 2x2 where the block halves the side. */
function residual(translation: Translation, input: Maps, block: string): Maps {
  const down = block.includes('_down')
  const first = relu(translation, convolve(translation, input, `${block}/conv1`, down ? 2 : 1, down ? 0 : 1))
  const second = convolve(translation, first, `${block}/conv2`, 1, 1)
  if (!down) return relu(translation, sum(translation, second, input))
  const past = shortcut(translation, input, second.channels)
  return relu(translation, sum(translation, padEnd(translation, second, past.side), past))
}

/**
 * A convolution with its bias and its scale and shift per channel folded into the weights, in double:
 * scale·(w∗x + b) + shift = (scale·w)∗x + (scale·b + shift).
 */
function convolve(translation: Translation, input: Maps, prefix: string, stride: number, padding: number): Maps {
  const filters = translation.tensor(`${prefix}/conv/filters`, 4)
  const [bias, scale, shift] = ['conv/bias', 'scale/weights', 'scale/biases'].map(
    part => translation.tensor(`${prefix}/${part}`, 1).data,
  ) as [Float32Array, Float32Array, Float32Array]
  const [kernel, , inputs, outputs] = filters.shape as [number, number, number, number]
  // Over a single pixel the zero padding leaves only the centre of the kernel in use.
  const centred = input.side === 1 && padding === 1
  const taps = centred ? [Math.floor((kernel * kernel) / 2)] : [...Array(kernel * kernel).keys()]
  const weights = new Float32Array(outputs * inputs * taps.length)
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (const [at, tap] of taps.entries()) {
        weights[(o * inputs + i) * taps.length + at] = filters.data[(tap * inputs + i) * outputs + o]! * scale[o]!
      }
    }
  }
  const size = centred ? 1 : kernel
  const pad = centred ? 0 : padding
  const { builder } = translation
  const made = builder.node(
    'Conv',
    [
      input.name,
      builder.constant(weights, [outputs, inputs, size, size]),
      builder.constant(
        Float32Array.from(bias, (b, o) => b * scale[o]! + shift[o]!),
        [outputs],
      ),
    ],
    { kernel_shape: [size, size], strides: [stride, stride], pads: [pad, pad, pad, pad] },
  )
  return { name: made.output, side: Math.floor((input.side + 2 * pad - size) / stride) + 1, channels: outputs }
}

/**
 * The mean of each 2x2 square, with zero maps after it up to the new number of channels. Written as one convolution whose
 * weights are a quarter of the identity: onnxruntime then keeps its blocked memory layout and fuses the sum that follows.
 */
function shortcut({ builder }: Translation, input: Maps, channels: number): Maps {
  const weights = new Float32Array(channels * input.channels * 4)
  for (let c = 0; c < input.channels; c++)
    weights.fill(0.25, (c * input.channels + c) * 4, (c * input.channels + c + 1) * 4)
  const constant = builder.constant(weights, [channels, input.channels, 2, 2])
  const made = builder.node('Conv', [input.name, constant], { kernel_shape: [2, 2], strides: [2, 2] })
  return { name: made.output, side: Math.floor(input.side / 2), channels }
}

/** Zero rows below and zero columns to the right, up to `side`. */
function padEnd({ builder }: Translation, input: Maps, side: number): Maps {
  const missing = side - input.side
  if (missing === 0) return input
  const pads = builder.constant(BigInt64Array.from([0, 0, 0, 0, 0, 0, missing, missing], BigInt), [8])
  return { ...input, name: builder.node('Pad', [input.name, pads]).output, side }
}

function sum({ builder }: Translation, first: Maps, second: Maps): Maps {
  return { ...first, name: builder.node('Add', [first.name, second.name]).output }
}

function relu({ builder }: Translation, input: Maps): Maps {
  return { ...input, name: builder.node('Relu', [input.name]).output }
}
