// A try with a picture from a file in the place of the camera, for sessions that allow it. No DOM.
import type { SessionClient } from '../api/session-client.ts'
import type { SessionView } from '../words.ts'

/** @throws Problem */
export const runUploadTry = async (
  client: Pick<SessionClient, 'start' | 'nextStep' | 'sendFrame' | 'submit'>,
  picture: Blob,
): Promise<SessionView> => {
  const { nonce } = await client.start()
  const step = await client.nextStep(nonce, null)
  if (step === null) throw new Error('the server asks for no portrait')
  await client.sendFrame({ nonce, step: step.id, sequence: 1, atMs: 0, source: 'upload', picture })
  await client.nextStep(nonce, step.id)
  return client.submit(nonce)
}
