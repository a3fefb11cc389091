/** Middle of the values; NaN for none. */
export const median = (values: readonly number[]): number => weightedMedian(values.map((value) => ({ value, weight: 1 })))

/** The value at half of the weight; NaN for none. */
export const weightedMedian = (items: readonly { readonly value: number; readonly weight: number }[]): number => {
  const sorted = items.toSorted((a, b) => a.value - b.value)
  const half = sorted.reduce((sum, item) => sum + item.weight, 0) / 2
  let sum = 0
  for (const [position, item] of sorted.entries()) {
    sum += item.weight
    if (sum > half) return item.value
    const next = sorted[position + 1]
    if (sum === half && next !== undefined) return (item.value + next.value) / 2
  }
  return sorted.at(-1)?.value ?? NaN
}
