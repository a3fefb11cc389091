/** Cells in ms, row = sender, column = receiver; `null` where unknown. */
export type Cells = readonly (readonly (number | null)[])[]

/** Gauss–Seidel sweeps; the complete matrix converges in a few, and 100 routers take a millisecond each. */
const SWEEPS = 64
/** A sweep that moves no offset by more than this, in ms, ends the fit. */
const TOLERANCE = 1e-6

/**
 * Clock offsets fitted to measured one-way delays.
 *
 * A measured cell is true delay + (receiver's offset − sender's). Half the difference of the two directions of a pair is therefore the difference
 * of the offsets plus the pair's own asymmetry; the fit is the least-squares solution that takes a router's asymmetries as zero on average.
 *
 * @param cells - n × n, ms
 * @param self - index of the router whose offset is zero
 * @returns n offsets in ms; `undefined` where no chain of pairs measured both ways leads to `self`
 */
export function fitOffsets(cells: Cells, self: number): readonly (number | undefined)[] {
  const pairs = cells.map((row, i) =>
    row.map((there, j) => {
      const back = cells[j]?.[i] ?? null
      return i === j || there === null || back === null ? undefined : (there - back) / 2
    })
  )
  const order = reachable(pairs, self)
  const offsets: (number | undefined)[] = cells.map(() => undefined)
  for (const { index, from } of order) offsets[index] = from === undefined ? 0 : (offsets[from] as number) + (pairs[from]?.[index] as number)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    if (relax(pairs, offsets) < TOLERANCE) break
  }
  const zero = offsets[self] ?? 0
  return offsets.map((offset) => (offset === undefined ? undefined : offset - zero))
}

/** Routers in breadth-first order from `self`, each with the neighbour it was found by. */
function reachable(pairs: readonly (readonly (number | undefined)[])[], self: number): { index: number; from: number | undefined }[] {
  const order: { index: number; from: number | undefined }[] = pairs[self] === undefined ? [] : [{ index: self, from: undefined }]
  const seen = new Set([self])
  for (const { index } of order) {
    pairs[index]?.forEach((difference, next) => {
      if (difference === undefined || seen.has(next)) return
      seen.add(next)
      order.push({ index: next, from: index })
    })
  }
  return order
}

/** Each offset becomes the mean of what its neighbours say of it. @returns the largest move */
function relax(pairs: readonly (readonly (number | undefined)[])[], offsets: (number | undefined)[]): number {
  let largest = 0
  offsets.forEach((offset, j) => {
    if (offset === undefined) return
    const says = offsets.flatMap((other, i) => {
      const difference = pairs[i]?.[j]
      return other === undefined || difference === undefined ? [] : [other + difference]
    })
    if (says.length === 0) return
    const mean = says.reduce((sum, value) => sum + value, 0) / says.length
    largest = Math.max(largest, Math.abs(mean - offset))
    offsets[j] = mean
  })
  return largest
}

/**
 * Cells with the fitted offsets removed.
 *
 * @returns ms; `null` where the cell or one of the offsets is unknown, never below 0
 */
export function removeOffsets(cells: Cells, offsets: readonly (number | undefined)[]): (number | null)[][] {
  return cells.map((row, i) =>
    row.map((cell, j) => {
      const [sender, receiver] = [offsets[i], offsets[j]]
      return cell === null || sender === undefined || receiver === undefined ? null : Math.max(0, cell - (receiver - sender))
    })
  )
}
