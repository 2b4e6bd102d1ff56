// The entry of the command line: runs one command, and turns what it throws into one sentence and an exit code.
import { CommanderError } from 'commander'
import { EXIT } from './exit-codes.ts'
import { toFailure } from './failure.ts'
import { createProgram } from './program.ts'

// Whoever reads our output may stop early ("| head"); that is no failure of ours.
process.stdout.on('error', error => {
  if ('code' in error && error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done)
  throw error
})

try {
  await createProgram().parseAsync(process.argv)
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage
  else {
    const { exit, message } = toFailure(error)
    process.stderr.write(`likeness: ${message}\n`)
    process.exitCode = EXIT[exit]
  }
}
