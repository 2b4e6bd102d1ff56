// Work on many items, some of them at once. Nothing else.

/** In the order of the items, `atOnce` of them at a time. When one fails the others under way are waited for. */
export const mapSome = async <In, Out>(
  items: readonly In[],
  atOnce: number,
  map: (item: In) => Promise<Out>,
): Promise<readonly Out[]> => {
  const results: Out[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      results[index] = await map(items[index])
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, work))
  const failed = ends.find(end => end.status === 'rejected')
  if (failed) throw failed.reason
  return results
}
