// Brings the npm packages and the pinned Node into node_modules when they are missing or out of date. Plain JavaScript
// for Node 18 and later, without a dependency. Never lets a package compile or fetch anything but npm packages.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NEEDED_MAJOR, pinnedNodeIn, runningMajor } from '../server/bin/launch.mjs'
import { withLock } from './install-lock.mjs'
import { isInstalledByHand, readNodeVersion, readStamp, stampOf } from './install-state.mjs'
import { locateNpm, runNpm } from './npm.mjs'

const STAMP = join('node_modules', '.likeness-install')

const NODE_REMEDY = `Run the command again with a connection to the npm registry, or with Node ${NEEDED_MAJOR} installed on this machine.`

/** An error whose message is all that the person needs to read. */
export const adviseOn = message => Object.assign(new Error(message), { isAdvice: true })

const say = line => process.stderr.write(`${line}\n`)

/** Installs what is missing in the project at `root`, and returns the Node to run its scripts with. */
export const ensureInstalled = async root => {
  const lockfile = readFileSync(join(root, 'package-lock.json'), 'utf8')
  const wanted = stampOf(lockfile)
  const ready = () => (readStamp(join(root, STAMP)) === wanted ? chooseNode(root) : null)
  return (
    ready() ??
    (await withLock(join(root, '.cache', 'install.lock'), {
      onWait: () => say('Another command is installing the npm packages; waiting for it.'),
      task: () => ready() ?? install(root, lockfile, wanted),
    }))
  )
}

const install = async (root, lockfile, stamp) => {
  const npm = locateNpm(root)
  if (!isInstalledByHand(root, lockfile)) {
    say('Installing the npm packages into node_modules. The first time takes about a minute.')
    // No install script runs: what ships prebuilt would be compiled by some versions of npm, or fetch GPU libraries.
    const result = await runNpm(npm, root, ['ci', '--ignore-scripts', '--include=dev'])
    if (result.failed) throw adviseOn(explainFailure(result))
  }
  const version = JSON.parse(lockfile).packages['node_modules/node'].version
  const problem = await installNode(npm, root, version)
  const node = chooseNode(root)
  if (node === null) throw adviseOn(`${problem}\n${NODE_REMEDY}`)
  if (problem !== null) say(`${problem}\nGoing on with ${process.version}, which is running already.`)
  writeFileSync(join(root, STAMP), `${stamp}\n`)
  return node
}

/** Lets the package `node` place its executable. Resolves with what went wrong, in sentences, or null. */
const installNode = async (npm, root, version) => {
  const node = pinnedNodeIn(root)
  if (readNodeVersion(node) === `v${version}`) return null
  const result = await runNpm(npm, root, ['rebuild', 'node', '--ignore-scripts=false'])
  if (result.interrupted) throw adviseOn(explainFailure(result))
  const found = readNodeVersion(node)
  if (found === `v${version}`) return null
  // A Node that does not run here would shadow the machine's own in every npm script.
  rmSync(node, { force: true })
  const why = found === null ? 'is missing or does not run on this machine' : `is ${found}`
  return `${result.failed ? `${result.output}\n` : ''}Likeness runs on Node ${version}, which npm installs as the package "node", but that ${why}.`
}

/** The pinned Node, else the running one, else null. npm may just have deleted the running one, when that was pinned. */
const chooseNode = root => {
  const candidates = runningMajor() >= NEEDED_MAJOR ? [pinnedNodeIn(root), process.execPath] : [pinnedNodeIn(root)]
  return candidates.find(file => existsSync(file)) ?? null
}

const explainFailure = ({ output, interrupted }) =>
  interrupted
    ? 'The installation was interrupted; the next command starts it again.'
    : `${output}
npm could not install the packages. If the lines above name a network or a registry, connect to the internet or point
npm at a mirror (npm config set registry …), then run the command again; nothing else needs to be undone.`
