// Looks at the same pictures with the libraries that a TypeScript developer would otherwise pick, each in a process of its
// own, one after the other.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { PeerFigures, PeerName, PeerTask } from './run-peer.ts'

export type { PeerFigures } from './run-peer.ts'

const PEERS: readonly PeerName[] = ['human', 'face-api', 'face-api-tiny']

export const measurePeers = async (
  paths: readonly string[],
  seconds: number,
  onProgress: (sentence: string) => void,
): Promise<readonly PeerFigures[]> => {
  const figures: PeerFigures[] = []
  for (const peer of PEERS) {
    onProgress(`The same pictures through ${peer}`)
    figures.push(await askPeer({ peer, paths, seconds }))
  }
  return figures
}

const askPeer = async (task: PeerTask): Promise<PeerFigures> => {
  const child = fork(new URL('./run-peer.ts', import.meta.url), {
    execArgv: [],
    stdio: ['ignore', 2, 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(() => null)
  child.send(task)
  const answer = await Promise.race([once(child, 'message'), ended])
  if (answer === null) throw new Error(`${task.peer} ended without an answer.`)
  await ended
  return (answer as [PeerFigures])[0]
}
