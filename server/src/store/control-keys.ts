// The queries on the control data's own keys. Sees them sealed only.
import type { ControlStore } from '../core/ports.ts'
import type { StoreConnection } from './connection.ts'
import type { ControlTables } from './schema.ts'

type ControlKeyQueries = Pick<ControlStore, 'readControlKey' | 'keepControlKey'>

export function createControlKeyQueries({ db }: StoreConnection<ControlTables>): ControlKeyQueries {
  async function readControlKey(name: string): Promise<Uint8Array | null> {
    const row = await db.selectFrom('control_keys').select('sealed').where('name', '=', name).executeTakeFirst()
    return row ? Uint8Array.from(row.sealed) : null
  }

  async function keepControlKey(name: string, sealed: Uint8Array): Promise<Uint8Array> {
    await db
      .insertInto('control_keys')
      .values({ name, sealed: Buffer.from(sealed) })
      .onConflict(conflict => conflict.column('name').doNothing())
      .execute()
    return (await readControlKey(name)) ?? sealed
  }

  return { readControlKey, keepControlKey }
}
