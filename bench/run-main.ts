// How the commands beside the server end: with the exit code of their work, or with what went wrong and 1. Reads no arguments
// but the process's.

/** Runs a command on the process's arguments; the process ends by itself, so that what it prints is printed whole. */
export const runMain = async (main: (args: readonly string[]) => Promise<number>): Promise<void> => {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
