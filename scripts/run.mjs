// The one entry of the npm scripts: `node scripts/run.mjs start|test|bench|fuzz|calibrate|train|generate|
// check|build [arguments]`.
// Installs and builds what is missing and starts the pinned Node. Plain JavaScript without a dependency; this file keeps to syntax
// that far older versions of Node can read, so that they get a sentence and not a syntax error.
const OLDEST_MAJOR = 18

const COMMANDS = {
  start: ['server/src/cli/likeness.ts', 'serve'],
  test: ['scripts/run-tests.ts'],
  bench: ['bench/main.ts'],
  fuzz: ['bench/fuzz/main.ts'],
  calibrate: ['bench/calibrate-main.ts'],
  train: ['train/main.ts'],
  generate: ['scripts/generate.ts'],
  check: ['scripts/check.ts'],
  build: ['scripts/build.ts'],
}

/** Those that serve the pages. */
const SERVING = ['start', 'test', 'bench']

const stop = sentence => {
  process.stderr.write(`${sentence}\n`)
  process.exitCode = 1
}

const command = process.argv[2] || ''
if (parseInt(process.versions.node, 10) < OLDEST_MAJOR) {
  stop(`Likeness needs Node ${OLDEST_MAJOR} or later, and this is ${process.version}; install a newer Node.`)
} else if (!Object.hasOwn(COMMANDS, command)) {
  stop(`Usage: node scripts/run.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`)
} else {
  import('./launch-script.mjs')
    .then(({ launchScript }) =>
      launchScript(COMMANDS[command].concat(process.argv.slice(3)), { servesPages: SERVING.includes(command) }),
    )
    .then(code => {
      process.exitCode = code
    })
    .catch(error => stop(error.isAdvice ? error.message : error.stack))
}
