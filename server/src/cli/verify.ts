// `likeness verify`: whether a picture shows an enrolled person (1:1).
import type { Command } from 'commander'
import type { MatchAnswer } from './answers.ts'
import { openClient, readPicture } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { describeScore } from './match.ts'
import { addServerOptions, createRateOption, createThresholdOption, type ServerOptions } from './options.ts'
import { printLine } from './output.ts'

interface VerifyOptions extends ServerOptions {
  readonly threshold?: number
  readonly maxFmr?: number
}

export const addVerify = (program: Command): void => {
  const command = program
    .command('verify')
    .summary('Check that a picture shows an enrolled person (1:1).')
    .description('Verify that a picture shows the person that is enrolled as this subject; the largest face counts.')
    .argument('<gallery>', 'gallery that the person is enrolled in')
    .argument('<subject>', "the person's id")
    .argument('<file>', 'the picture')
    .addOption(createThresholdOption('maxFmr'))
    .addOption(createRateOption('--max-fmr <rate>', 'share of other people that may pass'))
  addServerOptions(command).action(verify)
}

const verify = async (gallery: string, subject: string, file: string, options: VerifyOptions): Promise<void> => {
  const { threshold, maxFmr } = options
  const form = { threshold, maxFmr, image: await readPicture(file) }
  const path = ['galleries', gallery, 'subjects', subject, 'verify']
  const { body, text } = await openClient(options).send<MatchAnswer>({ method: 'POST', path, form })
  const verdict = body.match ? `Match: this is "${subject}"` : `No match: this is not "${subject}"`
  printLine(options.json ? text : `${verdict} (${describeScore(body)}).`)
  process.exitCode = body.match ? EXIT.done : EXIT.noMatch
}
