// A network loaded into onnxruntime: named float arrays in, named float arrays out. The only importer of onnxruntime-node;
// runs on the thread that calls it, so only workers (and tests) may.
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { AppError } from '../../errors.ts'

export interface NetworkSession {
  /** Runs the network once. `shape` gives the dimensions of the single input, batch first. Outputs by name. */
  run(input: Float32Array, shape: readonly number[]): Promise<Readonly<Record<string, Float32Array>>>
  close(): Promise<void>
}

/** Loads a network with one intra-op thread: parallelism comes from workers, not from inside a network. */
export const openSession = async (file: string, inputName: string): Promise<NetworkSession> => {
  const session = await InferenceSession.create(file, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // Kept between runs: given back, the memory's pages are faulted in anew with each picture, a fifteenth of its time.
    enableCpuMemArena: true,
    enableMemPattern: true,
    logSeverityLevel: 3,
  }).catch(cause => {
    throw new AppError(
      'pack_invalid',
      `The network file ${file} cannot be loaded; delete the pack's folder and start again.`,
      { cause },
    )
  })
  if (!session.inputNames.includes(inputName))
    throw new AppError(
      'pack_invalid',
      `The network file ${file} has no input "${inputName}" (it has ${session.inputNames.join(', ')}).`,
    )
  return {
    async run(input, shape) {
      const results = await session.run({ [inputName]: new Tensor('float32', input, shape) })
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]))
    },
    close: () => session.release(),
  }
}
