import type { ObservationClass } from './observation.ts'
import type { Word } from './testimony.ts'

/** What each class says to people. */
export const CLASS_TEXT: Readonly<Record<ObservationClass, string>> = {
  'black-hole': 'answers probes and drops data (black-hole)',
  'refused-session': 'answers probes and refuses sessions (refused-session)',
  unresponsive: 'answers others and not the observer (unresponsive)',
  'latency-lie': 'publishes delays below what was measured (latency-lie)',
  'light-speed': 'publishes delays below what light needs (light-speed)'
}

/** @returns one sentence for each class in which somebody's accusation stands, the one with the most observers first */
export function reasonsOf(accusers: readonly Word[]): readonly string[] {
  const counts = new Map<ObservationClass, number>()
  for (const { observation } of new Set(accusers)) counts.set(observation.class, (counts.get(observation.class) ?? 0) + 1)
  return [...counts]
    .toSorted(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
    .map(([name, count]) => `${CLASS_TEXT[name]}: seen by ${count} ${count === 1 ? 'router' : 'routers'}`)
}
