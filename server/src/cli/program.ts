// The tree of commands and what holds for all of them. Runs nothing.
import { Command } from 'commander'
import { VERSION } from '../version.ts'
import { addAudit } from './audit.ts'
import { addBackup } from './backup.ts'
import { addBench } from './bench.ts'
import { addCompare } from './compare.ts'
import { addConfig } from './config.ts'
import { addCredentials } from './credentials.ts'
import { addDetect } from './detect.ts'
import { addDoctor } from './doctor.ts'
import { addEnrol } from './enrol.ts'
import { EXIT, type ExitName, renderExitCodes } from './exit-codes.ts'
import { addGalleries } from './galleries.ts'
import { addHelpTexts } from './help.ts'
import { addKeys } from './keys.ts'
import { addMasterKey } from './master-key.ts'
import { addPacks } from './packs.ts'
import { addRestore } from './restore.ts'
import { addSearch } from './search.ts'
import { addServe } from './serve.ts'
import { addSessions } from './sessions.ts'
import { addTenants } from './tenants.ts'
import { addUsage } from './usage.ts'
import { addVerify } from './verify.ts'
import { addVerifyReceipt } from './verify-receipt.ts'
import { addWebhook } from './webhook.ts'

/** A wrong call as the other failures look: the program's name, one line. */
const toOneLine = (text: string): string =>
  `likeness: ${text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')}\n`

export const createProgram = (): Command => {
  const program = new Command('likeness')
    .description('Self-hosted face enrolment, verification and search.')
    .version(VERSION, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(toOneLine(text)) })
    .addHelpText('after', `\nExit codes:\n${renderExitCodes(Object.keys(EXIT) as ExitName[])}`)
  addServe(program)
  addConfig(program)
  addKeys(program)
  addTenants(program)
  addCredentials(program)
  addMasterKey(program)
  addGalleries(program)
  addEnrol(program)
  addSearch(program)
  addVerify(program)
  addCompare(program)
  addDetect(program)
  addSessions(program)
  addWebhook(program)
  addVerifyReceipt(program)
  addUsage(program)
  addAudit(program)
  addPacks(program)
  addBackup(program)
  addRestore(program)
  addDoctor(program)
  addBench(program)
  addHelpTexts(program)
  return program
}
