// One person at the capture page, from its opening to the verdict: the page's own code, with a camera that plays a film and a
// line that counts what the server answers. Judges nothing.
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../web/capture/api/retry.ts'
import { createSessionClient, type SessionClient } from '../web/capture/api/session-client.ts'
import { openVisitKey } from '../web/capture/api/visit-key.ts'
import { isAboutState } from '../web/capture/logic/page.ts'
import { runTry } from '../web/capture/logic/try.ts'
import type { SessionView } from '../web/capture/words.ts'
import { createCamera } from './capture-camera.ts'
import type { FilmedPerson } from './capture-films.ts'

/** What one visit came to. Times are of the benchmark's clock, milliseconds; null where it did not come to that. */
export interface Visit {
  readonly state: SessionView['state'] | 'broken'
  readonly reasons: readonly string[]
  readonly startedMs: number
  readonly submittedMs: number | null
  readonly endedMs: number
  /** Taken by the server. */
  readonly frames: number
  readonly frameBytes: number
  /** Tries that had to be begun anew, by the code that the server said why. */
  readonly anew: readonly string[]
  /** Answers by status; 0: none came. */
  readonly statuses: Readonly<Record<string, number>>
}

const POLL_MS = 1000
const JUDGED: readonly string[] = ['passed', 'failed', 'expired']
/** A person who has to begin more often than this goes away. */
const MOST_TRIES = 3
const now = (): number => performance.now()

/** @param url of the one-time address */
export const visitPage = async (url: string, person: FilmedPerson, signal: AbortSignal): Promise<Visit> => {
  const token = url.slice(url.lastIndexOf('/') + 1)
  const line = openLine()
  const client = watchClient(new URL('/capture/api', url).href, token, line.fetch)
  const startedMs = now()
  const anew: string[] = []
  const finish = (view: Pick<SessionView, 'state' | 'reasons'> | null): Visit => ({
    state: view?.state ?? 'broken',
    reasons: view?.reasons.map(({ name }) => name) ?? [],
    startedMs,
    submittedMs: client.figures.submittedMs,
    endedMs: now(),
    frames: client.figures.frames,
    frameBytes: client.figures.frameBytes,
    anew,
    statuses: line.statuses,
  })
  for (let tries = 1; ; tries++) {
    try {
      const camera = createCamera(person, `${token} ${tries}`, now)
      const ports = { client, eye: camera, now, sleep: wait, show: camera.show, isTakeAsked: () => true, signal }
      return finish(await awaitVerdict(client, await runTry(ports), signal))
    } catch (error) {
      if (!(error instanceof Problem) || !isAboutState(error.code) || tries === MOST_TRIES) {
        anew.push(error instanceof Problem ? error.code : String(error))
        return finish(null)
      }
      anew.push(error.code)
    }
  }
}

const wait = (ms: number): Promise<void> => sleep(ms)

const awaitVerdict = async (
  client: Pick<SessionClient, 'view'>,
  handedIn: SessionView,
  signal: AbortSignal,
): Promise<SessionView> => {
  for (let view = handedIn; ; view = await client.view()) {
    if (view.ended || JUDGED.includes(view.state)) return view
    signal.throwIfAborted()
    await wait(POLL_MS)
  }
}

/** The page's client, which notes what it has got through. */
const watchClient = (base: string, token: string, fetch: typeof globalThis.fetch) => {
  const key = openVisitKey(token, () => {
    throw new Error('A visitor of the benchmark keeps nothing.')
  })
  const client = createSessionClient({ fetch, base, key, sleep: wait, onWaiting: () => {} })
  const figures = { submittedMs: null as number | null, frames: 0, frameBytes: 0 }
  return {
    ...client,
    figures,
    async sendFrame(frame: Parameters<SessionClient['sendFrame']>[0]): Promise<number> {
      const pauseMs = await client.sendFrame(frame)
      figures.frames += 1
      figures.frameBytes += frame.picture.size
      return pauseMs
    },
    submit(nonce: string): Promise<SessionView> {
      figures.submittedMs = now()
      return client.submit(nonce)
    },
  }
}

const openLine = () => {
  const statuses: Record<string, number> = {}
  const count = (status: number): void => {
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  const counted: typeof globalThis.fetch = async (...call) => {
    try {
      const response = await fetch(...call)
      count(response.status)
      return response
    } catch (error) {
      count(0)
      throw error
    }
  }
  return { statuses, fetch: counted }
}
