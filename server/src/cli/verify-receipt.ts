// `likeness verify-receipt`: whether an erasure receipt is genuine, and for whom it is.
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { commitTo, type ReceiptJwk, type ReceiptVerdict, type SignedReceipt, verifyReceipt } from '../core/receipts.ts'
import { openClient } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { createFailure } from './failure.ts'
import { addServerOptions, type ServerOptions } from './options.ts'
import { formatAmount, hideControls, printJson, printLine } from './output.ts'

interface ReceiptOptions extends ServerOptions {
  readonly keys?: string
  readonly subject?: string
}

/** The most that a receipt or a set of keys could have. */
const MAX_FILE_BYTES = 1024 * 1024
const FETCH_WITHIN_MS = 15_000

const PROBLEMS: Readonly<Record<Exclude<ReceiptVerdict, 'valid'>, string>> = {
  key_unknown: 'none of the keys signed it',
  signature_wrong: 'it was changed after it was signed',
  malformed: 'it does not have the form of a receipt',
}

export const addVerifyReceipt = (program: Command): void => {
  const command = program
    .command('verify-receipt')
    .summary('Check that an erasure receipt is genuine.')
    .description(
      'Verify the signature of an erasure receipt, with the keys of the server, of a file or of an address; the last two need no API key.',
    )
    .argument('<file>', 'the receipt as the deletion answered it')
    .option('--keys <file-or-address>', 'the public keys, as GET /v1/receipts/keys answers them')
    .option('--subject <id>', 'also check that the receipt is for this person')
  addServerOptions(command).action(verifyFile)
}

const verifyFile = async (file: string, options: ReceiptOptions): Promise<void> => {
  const signed = await readJson(file)
  const verdict = verifyReceipt(signed, await readKeys(options))
  const isFor = options.subject === undefined || isReceiptFor(signed as SignedReceipt, options.subject)
  const isGood = verdict === 'valid' && isFor
  process.exitCode = isGood ? EXIT.done : EXIT.noMatch
  if (options.json)
    return printJson({ valid: verdict === 'valid', verdict, ...(options.subject && { subject: isFor }) })
  if (verdict !== 'valid') return printLine(`Not genuine: ${PROBLEMS[verdict]}.`)
  printLine(isFor ? describeReceipt(signed as SignedReceipt) : 'Genuine, but for somebody else.')
}

const isReceiptFor = (signed: SignedReceipt, subjectId: string): boolean =>
  typeof signed?.subjectSalt === 'string' &&
  signed.receipt?.subject === commitTo(subjectId, Buffer.from(signed.subjectSalt, 'base64url'))

const describeReceipt = ({ receipt }: SignedReceipt): string => {
  const { kind, gallery, erasedAt, faces, pictures } = receipt
  const amounts = `${formatAmount(faces, 'face')} and ${formatAmount(pictures, 'picture')}`
  return hideControls(`Genuine: a ${kind} of gallery "${gallery}" was erased at ${erasedAt}, ${amounts}.`).replace(
    'a gallery of gallery',
    'gallery',
  )
}

/** @throws Failure usage where the keys cannot be had or are none */
const readKeys = async (options: ReceiptOptions): Promise<readonly ReceiptJwk[]> => {
  const { keys: source } = options
  const found =
    source === undefined
      ? (await openClient(options).send<unknown>({ method: 'GET', path: ['receipts', 'keys'] })).body
      : /^https?:\/\//i.test(source)
        ? await fetchJson(source)
        : await readJson(source)
  const { keys } = (found ?? {}) as { keys?: unknown }
  if (!Array.isArray(keys))
    throw createFailure('usage', `${source ?? 'The server'} holds no set of keys ("keys": […]).`)
  return keys.filter(({ kty, crv, x, kid }) => kty === 'OKP' && crv === 'Ed25519' && x && kid)
}

const readJson = async (path: string): Promise<unknown> => {
  const text = await readFile(path, 'utf8').catch(error => {
    throw createFailure('usage', `The file ${path} cannot be read (${error.code}).`, 'file_unreadable')
  })
  return parse(text, path)
}

const fetchJson = async (address: string): Promise<unknown> => {
  const refuse = (reason: string): never => {
    throw createFailure('unreachable', `The keys at ${address} cannot be had (${reason}).`)
  }
  const response = await fetch(address, { signal: AbortSignal.timeout(FETCH_WITHIN_MS) }).catch(error =>
    refuse(error.cause?.code ?? error.name),
  )
  if (!response.ok) return refuse(`HTTP ${response.status}`)
  return parse(await response.text().catch(error => refuse(error.name)), address)
}

const parse = (text: string, source: string): unknown => {
  try {
    if (text.length <= MAX_FILE_BYTES) return JSON.parse(text)
  } catch {
    // Said below.
  }
  throw createFailure('usage', `${source} is not JSON.`)
}
