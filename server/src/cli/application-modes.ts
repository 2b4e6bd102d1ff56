// `likeness credentials testing`: what an application in testing mode has used, its quota, and counting anew.
import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { changeTesting } from '../core/application-modes.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { withOperator } from './data-folder.ts'
import { addFolderOptions, type FolderOptions, readWholeNumber } from './options.ts'
import { printJson, printLine } from './output.ts'

interface TestingOptions extends FolderOptions {
  readonly quota?: number
  readonly reset?: boolean
}

export const addTesting = (credentials: Command): void => {
  addFolderOptions(
    credentials
      .command('testing')
      .description(
        'Show what an application in testing mode has used of its quota; change the quota or count anew, from the next call on.',
      )
      .argument('<id>', 'id of the application\'s pair, as "credentials list" shows it')
      .option('--quota <uses>', 'how often it may use each product', readWholeNumber(0, DEFAULT_LIMITS.maxAllowedCalls))
      .option('--reset', 'count anew'),
  ).action(async (id: string, { quota, reset, json, dataDir }: TestingOptions) => {
    const { config } = loadConfig(undefined, { dataDir })
    const { credential, counts } = await withOperator(config, context => changeTesting(context, id, { quota, reset }))
    if (json) return printJson({ id, testingQuota: credential.testingQuota, used: toObject(counts) })
    printLine(`Uses of each product: ${credential.testingQuota}`)
    for (const { product, used } of counts) printLine(`  ${product}: ${used} used`)
  })
}

const toObject = (counts: readonly { product: string; used: number }[]): Record<string, number> =>
  Object.fromEntries(counts.map(({ product, used }) => [product, used]))
