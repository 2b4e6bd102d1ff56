// By which addresses a phone in the same network can open a capture page whose own address is good on this machine only.
import { request } from 'node:https'
import { isLoopback } from '../http/capture/addresses.ts'
import { listLanAddresses } from '../http/lan-addresses.ts'

const ANSWER_WITHIN_MS = 2000

/** The same page by the addresses in the network under which the server answers with HTTPS; none for an address that others can open. */
export const findPhoneAddresses = async (
  url: string,
  addresses: readonly string[] = listLanAddresses(),
): Promise<readonly string[]> => {
  if (!isLoopback(new URL(url).hostname)) return []
  const answers = await Promise.all(addresses.map(address => isServed(onHost(url, address))))
  return addresses.filter((_, at) => answers[at]).map(address => onHost(url, address))
}

/** The same page by this host name or address, over HTTPS: browsers give the camera to nothing else. */
export const onHost = (url: string, host: string): string => {
  const moved = new URL(url)
  const { port } = moved
  moved.hostname = host
  // A change of the scheme would drop a port that is the new one's own.
  moved.protocol = 'https:'
  moved.port = port || (url.startsWith('http:') ? '80' : '')
  return moved.href
}

/** Whatever its certificate: this only asks whether somebody is there, and sends no secret. */
const isServed = (url: string): Promise<boolean> =>
  new Promise(resolve => {
    const options = { rejectUnauthorized: false, timeout: ANSWER_WITHIN_MS, agent: false }
    const call = request(new URL('/health/live', url), options, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    call.once('timeout', () => call.destroy())
    call.once('error', () => resolve(false))
    call.end()
  })
