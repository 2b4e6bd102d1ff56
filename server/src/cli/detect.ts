// `likeness detect`: the faces of a picture.
import type { Command } from 'commander'
import type { DetectAnswer } from './answers.ts'
import { openClient, readPicture } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { addServerOptions, type ServerOptions } from './options.ts'
import { formatAmount, printLine, renderTable } from './output.ts'

interface DetectOptions extends ServerOptions {
  readonly points?: boolean
  readonly template?: boolean
}

export const addDetect = (program: Command): void => {
  const command = program
    .command('detect')
    .summary('Find the faces of a picture.')
    .description('Detect the faces of a picture, the largest first; nothing is stored.')
    .argument('<file>', 'the picture')
    .option('--points', 'with --json: the 468 mesh points of each face')
    .option('--template', 'with --json: the template of each face')
  addServerOptions(command).action(detect)
}

const detect = async (file: string, options: DetectOptions): Promise<void> => {
  const { points, template } = options
  const form = { points, template, image: await readPicture(file) }
  const { body, text } = await openClient(options).send<DetectAnswer>({ method: 'POST', path: ['detect'], form })
  printLine(options.json ? text : describe(body, file))
  process.exitCode = body.faces.length > 0 ? EXIT.done : EXIT.noMatch
}

const describe = ({ image, faces }: DetectAnswer, file: string): string => {
  const title = `${file}: ${image.width} x ${image.height} pixels, ${formatAmount(faces.length, 'face')}`
  if (faces.length === 0) return `${title}.`
  const columns = ['x', 'y', 'width', 'height', 'confidence', 'yaw', 'pitch', 'roll'].map(name => ({
    title: name,
    align: 'right' as const,
  }))
  const rows = faces.map(({ box, confidence, pose }) =>
    [box.x, box.y, box.width, box.height, confidence, pose.yaw, pose.pitch, pose.roll].map(String),
  )
  return `${title}\n\n${renderTable(columns, rows)}`
}
