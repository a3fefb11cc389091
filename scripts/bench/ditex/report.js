/** Figures in the order of the table: name, title, digits. */
const FIGURES = [
  ['verifyACpuSecond', 'verified, entries a CPU second'],
  ['appendACpuSecond', 'appended durably, entries a CPU second'],
  ['appendAWallSecond', 'appended durably, entries a second'],
  ['mergeACpuSecond', 'merged, entries a CPU second'],
  ['restartEntriesACpuSecond', 'read at restart, entries a CPU second'],
  ['restartSeconds', 'restart, s'],
  ['restartCpuSeconds', 'restart, CPU s'],
  ['residentMebibytes', 'resident after it, MiB'],
  ['octetsAnEntry', 'octets of an entry as sent']
]

const number = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

function cell(figure) {
  return figure === undefined || !Number.isFinite(figure.median) ? '–' : `${number(figure.median)} (${number(figure.min)}–${number(figure.max)})`
}

/** Both systems' figures under one name: how many entries a CPU second a restart reads. */
function withRestart(figures, entries) {
  const own = figures.restartCpuSeconds
  const rate = own === undefined ? figures.restartACpuSecond : { median: entries / own.median, min: entries / own.max, max: entries / own.min }
  return { ...figures, restartEntriesACpuSecond: rate }
}

/** The table as Markdown: medians, and least to greatest. */
export function renderReport({ machine, plan, missing, systems, questions }) {
  const srwan = withRestart(systems.srwan, plan.entries)
  const orbitdb = systems.orbitdb === undefined ? {} : withRestart(systems.orbitdb, plan.entries)
  const rows = FIGURES.map(([name, title]) => {
    const ratio = srwan[name] !== undefined && orbitdb[name] !== undefined ? `${(srwan[name].median / orbitdb[name].median).toFixed(2)} ×` : '–'
    return `| ${title} | ${cell(srwan[name])} | ${cell(orbitdb[name])} | ${ratio} |`
  })
  return [
    '# The exchange: logs, replica and store',
    `${machine.date.slice(0, 10)}, commit ${machine.commit}, ${machine.cpu}, Node ${machine.node}, load ${machine.loadAtStart.toFixed(1)} at the start; ${plan.repetitions} repetitions, interleaved: median (least–greatest).`,
    `Restart of a store of ${plan.entries.toLocaleString('en')} entries, all of which count; ${plan.signed.toLocaleString('en')} entries verified, appended and merged, ${plan.peerEntries.toLocaleString('en')} by OrbitDB, which keeps its log in three Level stores here and is read whole at restart. OrbitDB does not sync to the disk.`,
    '',
    '| figure | srwan | OrbitDB | srwan ÷ OrbitDB |',
    '|---|---|---|---|',
    ...rows,
    ...questionLines(questions),
    ...missing.map((line) => `\nMissing: ${line}`),
    ''
  ].join('\n')
}

/** How long a question to the large store takes, by the manner in which it is asked. */
function questionLines(questions) {
  if (questions === undefined) return []
  const rows = Object.entries(questions.figures).map(([name, { p50Ms, p99Ms }]) => `| ${name} | ${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)} |`)
  return ['', `| question to the large store, ${questions.each} of each | median ms | p99 ms |`, '|---|---|---|', ...rows]
}
