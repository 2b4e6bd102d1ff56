// Use cases: create, list, change, suspend and resume tenants.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { type AuditContext, type OperatorAct, recordAct } from './audit.ts'
import { checkName, checkTenantId } from './names.ts'
import type { ControlStore, TenantChange } from './ports.ts'
import { checkRetention } from './retention.ts'
import type { Page, PageRequest, Tenant } from './types.ts'

const tenantNotFound = (id: string): AppError =>
  new AppError('tenant_not_found', `There is no tenant "${id}".`, { details: { tenant: id } })

/** @throws AppError tenant_exists, request_invalid */
export const createTenant = async (
  context: AuditContext & { readonly limits: Limits },
  { id, name }: { id: string; name?: string | null },
): Promise<Tenant> => {
  checkTenantId(id, context.limits)
  if (name) checkName(name, context.limits)
  const createdAt = context.clock.now()
  const rules = { imageUrls: null, pictureShape: 'any', frameHours: null, resultDays: null } as const
  const tenant: Tenant = { id, name: name ?? null, status: 'active', ...rules, createdAt }
  if (!(await context.control.insertTenant(tenant)))
    throw new AppError('tenant_exists', `There is a tenant "${id}" already.`, { details: { tenant: id } })
  await recordAct(context, { tenantId: id, action: 'tenant.create', target: id })
  return tenant
}

/** @throws AppError tenant_not_found */
export const readTenant = async (control: ControlStore, id: string): Promise<Tenant> => {
  const tenant = await control.findTenant(id)
  if (!tenant) throw tenantNotFound(id)
  return tenant
}

export const listTenants = (control: ControlStore, page: PageRequest): Promise<Page<Tenant>> =>
  control.listTenants(page)

/** From the next request on every credential of the tenant is refused; its data stays. @throws AppError tenant_not_found */
export const suspendTenant = (context: AuditContext, id: string): Promise<Tenant> =>
  changeTenant(context, id, { status: 'suspended' }, 'tenant.suspend')

/** @throws AppError tenant_not_found */
export const resumeTenant = (context: AuditContext, id: string): Promise<Tenant> =>
  changeTenant(context, id, { status: 'active' }, 'tenant.resume')

/**
 * Holds the tenant to a rule for pictures by URL (null takes the server's), or to portraits, from the next request on; or
 * changes how long its capture sessions are kept (null takes the usual time), from the next sweep on.
 * @throws AppError tenant_not_found, request_invalid
 */
export const updateTenant = async (
  context: AuditContext & { readonly limits: Limits },
  id: string,
  change: Omit<TenantChange, 'status'>,
): Promise<Tenant> => {
  checkRetention(change, context.limits)
  return changeTenant(context, id, change, 'tenant.update')
}

const changeTenant = async (
  context: AuditContext,
  id: string,
  change: TenantChange,
  action: OperatorAct['action'],
): Promise<Tenant> => {
  const tenant = await context.control.updateTenant(id, change)
  if (!tenant) throw tenantNotFound(id)
  await recordAct(context, { tenantId: id, action, target: id })
  return tenant
}
