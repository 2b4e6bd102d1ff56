// `likeness doctor`: checks databases, pictures, templates, erasures, index, packs and files against each other.
import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import type { Finding } from '../core/doctor-parts.ts'
import { requireDatabase } from './backup.ts'
import { toFolderError } from './data-folder.ts'
import { EXIT } from './exit-codes.ts'
import { addFolderOptions, type FolderOptions } from './options.ts'
import { formatAmount, hideControls, printJson, printLine } from './output.ts'

interface DoctorOptions extends FolderOptions {
  readonly repair?: boolean
}

/** Problems that are shown of one check; --json has them all. */
const MAX_SHOWN = 10
const CHECK_WIDTH = 22

export const addDoctor = (program: Command): void => {
  const command = program
    .command('doctor')
    .summary('Check the data, whether the server runs or not.')
    .description(
      'Check databases, pictures, templates, erasures, index, packs and files against each other, whether the server runs or not. It reads everything, so it takes its time.',
    )
    .option('--repair', 'delete pictures that no face has, and put wrong counts right; no face is ever deleted')
  addFolderOptions(command).action(doctor)
}

const doctor = async (options: DoctorOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  requireDatabase(config)
  const { runDoctor } = await import('./doctor-run.ts')
  const findings = await runDoctor(config, {
    repair: options.repair ?? false,
    onFinding: options.json ? () => {} : finding => printLine(describe(finding)),
  }).catch(error => Promise.reject(toFolderError(error, config)))
  const problems = findings.reduce((sum, finding) => sum + finding.problems.length, 0)
  if (options.json) printJson({ ok: problems === 0, findings })
  else printLine(problems === 0 ? 'All is well.' : `${formatAmount(problems, 'problem')}.`)
  if (problems > 0) process.exitCode = EXIT.problems
}

const describe = ({ check, region, ok, summary, problems, repaired }: Finding): string => {
  const name = `${check}${region === null ? '' : ` (${region})`}`.padEnd(CHECK_WIDTH)
  const outcome = ok ? (repaired.length > 0 ? 'repaired' : 'ok') : 'PROBLEM'
  const shown = problems.slice(0, MAX_SHOWN)
  const rest = problems.length > MAX_SHOWN ? [`and ${problems.length - MAX_SHOWN} more; --json lists all`] : []
  return [
    `${name} ${outcome.padEnd(8)} ${summary}`,
    ...[...repaired, ...shown, ...rest].map(line => `  ${hideControls(line)}`),
  ].join('\n')
}
