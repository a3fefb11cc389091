/** How many times ahead of OrbitDB the exchange has to be. */
const TIMES = 5

/**
 * What both do on the same number of entries, in the order of the tables: names of the figures of either, what is better, and how far ahead srwan must be.
 *
 * @type {{ title: string, ours: string, theirs: string, better: 'more' | 'less', least?: number }[]}
 */
export const COMPARISONS = [
  both('verified, entries a CPU second', 'verifyACpuSecond', 'more'),
  both('appended, entries a CPU second', 'appendACpuSecond', 'more'),
  both('appended, entries a second', 'appendAWallSecond', 'more'),
  both('merged, entries a CPU second', 'mergeACpuSecond', 'more'),
  both('restart, s', 'restartSeconds', 'less'),
  both('restart, CPU s', 'restartCpuSeconds', 'less'),
  both('one key, ms; OrbitDB: keyvalue', 'getMs', 'less'),
  { ...both('one key, ms; OrbitDB: keyvalue-indexed', 'getMs', 'less'), theirs: 'getIndexedMs' },
  both('ten by a filter, ms; OrbitDB: keyvalue', 'filterMs', 'less'),
  { ...both('ten by a filter, ms; OrbitDB: keyvalue-indexed', 'filterMs', 'less'), theirs: 'filterIndexedMs' },
  both('sync of all, s', 'syncAllSeconds', 'less'),
  both('sync of all, CPU s of both sides', 'syncAllCpuSeconds', 'less'),
  both('sync of all, octets on the wire', 'syncAllOctets', 'less'),
  both('sync of the few, s', 'syncFewSeconds', 'less'),
  both('sync of the few, CPU s of both sides', 'syncFewCpuSeconds', 'less'),
  both('sync of the few, octets on the wire', 'syncFewOctets', 'less'),
  // What neither can do much about: the length of a listing, and Node itself.
  { ...both('octets of one entry', 'octetsAnEntry', 'less'), least: undefined },
  { ...both('most memory at restart, MiB', 'restartPeakMebibytes', 'less'), least: undefined }
]

function both(title, figure, better) {
  return { title, ours: figure, theirs: figure, better, least: TIMES }
}

/** How many times ahead srwan is, by medians; NaN where one of the two was not measured. */
export function timesAhead({ ours, theirs, better }, { srwan, orbitdb }) {
  const [own, other] = [srwan?.[ours]?.median ?? Number.NaN, orbitdb?.[theirs]?.median ?? Number.NaN]
  return better === 'more' ? own / other : other / own
}
