/** Levenshtein distance of two words; both short. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const replace = (previous[column - 1] as number) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(replace, (previous[column] as number) + 1, (current[column - 1] as number) + 1))
    }
    previous = current
  }
  return previous[right.length] as number
}

/** Longest word that a suggestion is looked for; longer ones are no typing errors. */
const MAX_WORD = 64

/**
 * The known word that was probably meant.
 *
 * @returns `undefined` where none is near: more than a third of the letters differ
 */
export function suggest(word: string, known: readonly string[]): string | undefined {
  if (word.length > MAX_WORD) return undefined
  let best: { readonly candidate: string; readonly distance: number } | undefined
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3)) && (best === undefined || distance < best.distance)) best = { candidate, distance }
  }
  return best?.candidate ?? partOf(word.toLowerCase(), known)
}

/** Shortest part of a word that says which one was meant. */
const MIN_PART = 3

/** `port` for `tcpPort` */
const partOf = (word: string, known: readonly string[]): string | undefined =>
  word.length < MIN_PART ? undefined : known.find((candidate) => candidate.toLowerCase().includes(word))
