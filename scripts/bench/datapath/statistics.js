/** @returns the value below which that share of the numbers lies; `undefined` of none */
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)]
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** @param {Record<string, number>[]} repetitions @returns {Record<string, { median: number, min: number, max: number, count: number }>} by figure */
export function summarise(repetitions) {
  const names = [...new Set(repetitions.flatMap((figures) => Object.keys(figures)))]
  return Object.fromEntries(
    names.map((name) => {
      const values = repetitions.map((figures) => figures[name]).filter(Number.isFinite)
      return [name, { median: median(values), min: Math.min(...values), max: Math.max(...values), count: values.length }]
    })
  )
}
