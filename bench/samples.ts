// Made-up people for the tests of the benchmarks: templates that are shaped like real ones and the same in every run.
import type { LabelledTemplate } from './all-pairs.ts'
import { createFaceMaker } from './search-data.ts'

/** `people` people with `pictures` pictures each: "Person_12_0003". */
export const makePeople = (people: number, pictures: number, seed = 7): LabelledTemplate[] => {
  const maker = createFaceMaker(seed)
  return Array.from({ length: people }, (_, person) => {
    const identity = maker.makeIdentity()
    return Array.from({ length: pictures }, (_, picture) => ({
      identity: `Person_${person}`,
      name: `Person_${person}_${String(picture + 1).padStart(4, '0')}`,
      template: maker.makeTemplate(identity),
    }))
  }).flat()
}
