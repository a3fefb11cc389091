/** Figures as people read them. */

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** 1234567 → `1.2 MB` */
export function octetsText(value: number): string {
  const step = Math.min(SIZES.length - 1, value < 1000 ? 0 : Math.floor(Math.log10(value) / 3))
  return `${step === 0 ? value : (value / 1000 ** step).toFixed(1)} ${SIZES[step]}`
}

/** 3725 → `1 h 2 min` */
export function secondsText(seconds: number): string {
  const whole = Math.floor(seconds)
  const [days, hours, minutes] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60]
  if (days > 0) return `${days} d ${hours} h`
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`
}

/** 45.04 → `45.0 ms` */
export const msText = (value: number | null | undefined): string => (value === null || value === undefined ? 'lost' : `${value.toFixed(1)} ms`)

/** −55 → `−55.0 ms`, 3 → `+3.0 ms` */
export function differenceText(value: number | null): string {
  if (value === null) return 'lost'
  const shown = Math.abs(value).toFixed(1)
  return `${shown === '0.0' ? '±' : value < 0 ? '−' : '+'}${shown} ms`
}

/** Removes what could move the cursor or hide text; peers choose names. */
// eslint-disable-next-line no-control-regex
export const safe = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '?')

/** Width on a terminal, colour codes not counted. */
// eslint-disable-next-line no-control-regex
export const width = (text: string): number => Array.from(text.replace(/\u001b\[[0-9;]*m/g, '')).length

export const padStart = (text: string, columns: number): string => ' '.repeat(Math.max(0, columns - width(text))) + text
export const padEnd = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)))

/** Rows in aligned columns, two spaces apart. */
export function columnsOf(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths = rows.reduce<number[]>((known, row) => row.map((cell, index) => Math.max(known[index] ?? 0, width(cell))).concat(known.slice(row.length)), [])
  return rows.map((row) => `${indent}${row.map((cell, index) => (index === row.length - 1 ? cell : padEnd(cell, widths[index] ?? 0))).join('  ')}`.trimEnd())
}
