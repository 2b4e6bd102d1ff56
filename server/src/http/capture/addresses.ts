// The capture page's address of a token: below the public address of the settings, else as the request was addressed.
import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

export type AddressOf = (request: FastifyRequest, token: string) => string

export interface AddressDeps {
  /** Without a slash at its end; undefined where the settings name none. */
  readonly publicUrl: string | undefined
  /** Whether the port takes HTTPS besides HTTP. */
  readonly hasTls: boolean
}

/**
 * A request over plain HTTP from another machine gets an https address where the port has both: browsers give no camera to
 * the other. Not so behind a proxy, whose ports nobody here knows: set the public address there.
 */
export const createCaptureAddresses =
  ({ publicUrl, hasTls }: AddressDeps): AddressOf =>
  ({ protocol, host, hostname, headers }, token) => {
    const isForwarded = headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined
    const isSecured = hasTls && protocol === 'http' && !isForwarded && !isLoopback(hostname)
    return `${publicUrl ?? `${isSecured ? 'https' : protocol}://${host}`}/capture/${token}`
  }

/** What browsers take for this machine, and give the camera to without HTTPS. */
export const isLoopback = (hostname: string): boolean => {
  const name = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  if (isIP(name) === 4) return name.startsWith('127.')
  return name === '::1' || name === 'localhost' || name.endsWith('.localhost')
}
