// The actions on face groups, which are galleries.
import { createGallery, deleteGallery, updateGallery } from '../../../core/galleries.ts'
import { sliceGalleries } from '../../../core/records.ts'
import { AppError } from '../../../errors.ts'
import { findGroupByNumber, GROUP, note, type Run } from './actions.ts'
import { toGroupItem, toPage, toSlice } from './map.ts'
import * as wire from './wire.ts'

/** Ours: the vendor makes groups in its console only. */
export const addFaceGroup: Run = async (_deps, call) => {
  const { Name: name, Description: description } = wire.readParameters(wire.AddFaceGroup, call.parameters)
  if (call.request.credential.galleryId !== null)
    throw new AppError('request_invalid', 'This access key is bound to one face group and makes no others.')
  const { gallery } = await createGallery(call.core, call.principal, { name, description })
  note(call, { galleryId: gallery.id })
  const { items } = await sliceGalleries(call.core, call.principal, GROUP, { id: gallery.id }, { offset: 0, limit: 1 })
  return { Result: toGroupItem(items[0]) }
}

export const queryFaceGroup: Run = async (_deps, call) => {
  const { GroupCode: code, Name: name, ...paging } = wire.readParameters(wire.QueryFaceGroup, call.parameters)
  const slice = toSlice(paging)
  const question = { id: call.request.credential.galleryId ?? undefined, code, name }
  const { items, total } = await sliceGalleries(call.core, call.principal, GROUP, question, slice)
  return toPage(slice, total, items.map(toGroupItem))
}

export const modifyFaceGroup: Run = async (_deps, call) => {
  const { Id, Name: name, Description: description } = wire.readParameters(wire.ModifyFaceGroup, call.parameters)
  const { id } = await findGroupByNumber(call, Id)
  note(call, { galleryId: id })
  await updateGallery(call.core, call.principal, id, { name, description })
  return { Data: 1 }
}

export const deleteFaceGroup: Run = async (_deps, call) => {
  const { Id } = wire.readParameters(wire.DeleteFaceGroup, call.parameters)
  const { id } = await findGroupByNumber(call, Id)
  note(call, { galleryId: id })
  await deleteGallery(call.core, call.principal, id)
  return { Data: 1 }
}
