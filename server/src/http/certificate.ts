// The certificate of the port: the operator's, or one that is made on first start and kept. Opens no connection.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { isWildcard, listLanAddresses } from './lan-addresses.ts'

export interface Certificate {
  /** PEM, with the chain where the file has one. */
  readonly cert: string
  readonly key: string
  /** Where it lies. */
  readonly file: string
  /** Whether the operator gave it; else it was made here, and no browser knows it. */
  readonly isConfigured: boolean
}

export interface CertificateOptions {
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
  /** Where one that is made is kept, as tls.crt and tls.key. */
  readonly folder: string
  /** The address that the server listens on. */
  readonly host: string
  /** The machine's addresses in its networks; as they are unless given. */
  readonly lanAddresses?: readonly string[]
  readonly now?: Date
}

const DAY_MS = 24 * 60 * 60 * 1000
/** The longest that Apple's systems take for a certificate that the user trusts (support.apple.com/HT210176). */
const VALID_DAYS = 825
const REMAKE_DAYS = 30

/** @throws AppError config_invalid when the operator's files cannot be used */
export const openCertificate = async (options: CertificateOptions): Promise<Certificate> => {
  const { certFile, keyFile } = options
  return certFile && keyFile ? openConfigured(certFile, keyFile) : openOwn(options)
}

const openConfigured = async (certFile: string, keyFile: string): Promise<Certificate> => {
  const cert = await readSetting('tlsCertFile', certFile)
  const key = await readSetting('tlsKeyFile', keyFile)
  const parsed = parseSetting('tlsCertFile', certFile, 'certificate', () => new X509Certificate(cert))
  const privateKey = parseSetting('tlsKeyFile', keyFile, 'private key without a passphrase', () =>
    createPrivateKey(key),
  )
  if (!parsed.checkPrivateKey(privateKey))
    throw new AppError('config_invalid', `"tlsKeyFile": the key in ${keyFile} does not belong to ${certFile}.`)
  return { cert, key, file: certFile, isConfigured: true }
}

const readSetting = (name: string, file: string): Promise<string> =>
  readFile(file, 'utf8').catch(cause => {
    throw new AppError('config_invalid', `"${name}": the file ${file} cannot be read (${cause.code}).`, { cause })
  })

const parseSetting = <T>(name: string, file: string, what: string, parse: () => T): T => {
  try {
    return parse()
  } catch (cause) {
    throw new AppError('config_invalid', `"${name}": ${file} must hold a ${what} in PEM.`, { cause })
  }
}

const openOwn = async ({ folder, host, lanAddresses, now = new Date() }: CertificateOptions): Promise<Certificate> => {
  const names = namesOf(host, lanAddresses)
  const file = join(folder, 'tls.crt')
  const keyFile = join(folder, 'tls.key')
  const [cert, key] = await Promise.all([file, keyFile].map(path => readFile(path, 'utf8').catch(() => '')))
  if (isUsable(cert, key, names, now)) return { cert, key, file, isConfigured: false }
  const made = await makeCertificate(names, now)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writePrivate(keyFile, made.key)
  await writePrivate(file, made.cert)
  return { ...made, file, isConfigured: false }
}

/** Whole, a pair, good for a while yet, and for every address that the server is reached by now. */
const isUsable = (cert: string, key: string, names: readonly string[], now: Date): boolean => {
  try {
    const parsed = new X509Certificate(cert)
    const leftMs = Date.parse(parsed.validTo) - now.getTime()
    return (
      leftMs > REMAKE_DAYS * DAY_MS &&
      parsed.checkPrivateKey(createPrivateKey(key)) &&
      names.every(name => (isIP(name) ? parsed.checkIP(name) : parsed.checkHost(name)) !== undefined)
    )
  } catch {
    return false
  }
}

const makeCertificate = async (names: readonly string[], now: Date): Promise<{ cert: string; key: string }> => {
  const altNames = [...new Set([...names, ...machineName()])].map(name =>
    isIP(name) ? ({ type: 7, ip: name } as const) : ({ type: 2, value: name } as const),
  )
  // Needed on the first start only, and large.
  const { generate } = await import('selfsigned')
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'Likeness' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: now,
    notAfterDate: new Date(now.getTime() + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  })
  return { cert, key }
}

/** What the certificate must be good for; a server on every network card is reached by the machine's addresses. */
const namesOf = (host: string, lanAddresses: readonly string[] = listLanAddresses()): readonly string[] => [
  'localhost',
  '127.0.0.1',
  '::1',
  ...(isWildcard(host) ? lanAddresses : [host]),
]

/** The machine's name in the network, where it is one that a certificate can hold; it may change. */
const machineName = (): readonly string[] => (/^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(hostname()) ? [hostname()] : [])

/** As a whole or not at all, and for this user only. */
const writePrivate = async (file: string, text: string): Promise<void> => {
  await writeFile(`${file}.new`, text, { mode: 0o600 })
  await chmod(`${file}.new`, 0o600)
  await rename(`${file}.new`, file)
}
