// `likeness compare`: whether two pictures show the same person.
import type { Command } from 'commander'
import type { MatchAnswer } from './answers.ts'
import { openClient, readPicture } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { describeScore } from './match.ts'
import { addServerOptions, createThresholdOption, type ServerOptions } from './options.ts'
import { printLine } from './output.ts'

interface CompareOptions extends ServerOptions {
  readonly threshold?: number
}

export const addCompare = (program: Command): void => {
  const command = program
    .command('compare')
    .summary('Compare the faces on two pictures.')
    .description('Compare the largest faces of two pictures; nothing is stored.')
    .argument('<file1>', 'one picture')
    .argument('<file2>', 'the other picture')
    .addOption(createThresholdOption())
  addServerOptions(command).action(compare)
}

const compare = async (file1: string, file2: string, options: CompareOptions): Promise<void> => {
  const [image1, image2] = await Promise.all([readPicture(file1), readPicture(file2)])
  const form = { threshold: options.threshold, image1, image2 }
  const { body, text } = await openClient(options).send<MatchAnswer>({ method: 'POST', path: ['compare'], form })
  const verdict = body.match ? 'Match: the same person' : 'No match: different people'
  printLine(options.json ? text : `${verdict} (${describeScore(body)}).`)
  process.exitCode = body.match ? EXIT.done : EXIT.noMatch
}
