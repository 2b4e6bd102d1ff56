// What comes from the system that the server runs on: the time, and ids that nobody else makes.
import { randomUUIDv7 } from 'node:crypto'
import type { Clock, IdSource } from '../core/ports.ts'

export const clock: Clock = { now: () => new Date() }
export const ids: IdSource = { next: () => randomUUIDv7() }
