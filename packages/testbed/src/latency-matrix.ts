import { readFile } from 'node:fs/promises'
import { gunzip } from 'node:zlib'
import { promisify } from 'node:util'
import { InvalidInputError } from '@srwan/interface'

/** Largest matrix file, unpacked; 490 hosts need 2 MB. */
const MAX_MATRIX_OCTETS = 32 * 1024 * 1024

/** A square matrix as it stands in a file: row = sender, column = receiver. */
export interface LatencyMatrix {
  /** Of the columns, where the file names them. */
  readonly names?: readonly string[]
  /** In the unit of the file; the diagonal means nothing. */
  readonly cells: ReadonlyArray<readonly number[]>
}

const isNumber = (text: string): boolean => text !== '' && Number.isFinite(Number(text))

/**
 * Parses n×n comma-separated values, with or without a line of names above and a column of names on the left.
 *
 * @param source - file name, for messages
 * @throws InvalidInputError naming the line: not square, or a cell off the diagonal that is no positive number
 */
export function parseLatencyMatrix(text: string, source: string): LatencyMatrix {
  const lines = text
    .split(/\r?\n/)
    .map((content, index) => ({ content, line: index + 1 }))
    .filter(({ content }) => content.trim() !== '')
  const rows = lines.map(({ content, line }) => ({ line, fields: content.split(',').map((field) => field.trim()) }))
  const [first] = rows
  if (first === undefined) throw new InvalidInputError({ source }, 'holds nothing; expected one line of comma-separated numbers per node')
  const hasHeader = first.fields.slice(1).some((field) => !isNumber(field))
  const body = hasHeader ? rows.slice(1) : rows
  const hasNames = body.length > 0 && body.every(({ fields }) => !isNumber(fields[0] ?? ''))
  const cells = body.map(({ fields, line }, row) => numbers(hasNames ? fields.slice(1) : fields, { row, line, source, size: body.length }))
  if (!hasHeader) return { cells }
  return { names: first.fields.slice(hasNames ? 1 : 0), cells }
}

function numbers(fields: readonly string[], at: { row: number; line: number; source: string; size: number }): number[] {
  const { source, line } = at
  if (fields.length !== at.size) throw new InvalidInputError({ source, line }, `holds ${fields.length} values; expected ${at.size}, as many as there are rows`)
  return fields.map((field, column) => {
    if (column === at.row) return 0
    const value = Number(field)
    if (!isNumber(field) || value <= 0)
      throw new InvalidInputError({ source, line, field: `column ${column + 1}` }, `expected a number above 0; found ${JSON.stringify(field.slice(0, 40))}`)
    return value
  })
}

/**
 * Reads a matrix file, `.csv` or `.csv.gz`.
 *
 * @throws InvalidInputError where the file is missing, unreadable, too large or malformed
 */
export async function readLatencyMatrix(file: string, signal?: AbortSignal): Promise<LatencyMatrix> {
  const octets = await readFile(file, { ...(signal === undefined ? {} : { signal }) }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.name === 'AbortError') throw cause
    throw new InvalidInputError({ source: file }, cause.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${cause.code ?? cause.message})`, { cause })
  })
  return parseLatencyMatrix((await unpacked(file, octets)).toString('utf8'), file)
}

async function unpacked(file: string, octets: Buffer): Promise<Buffer> {
  if (!file.endsWith('.gz')) {
    if (octets.length > MAX_MATRIX_OCTETS) throw new InvalidInputError({ source: file }, `is larger than ${MAX_MATRIX_OCTETS} octets`)
    return octets
  }
  try {
    return await promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)(octets, { maxOutputLength: MAX_MATRIX_OCTETS })
  } catch (cause) {
    throw new InvalidInputError({ source: file }, `is no usable gzip file of at most ${MAX_MATRIX_OCTETS} octets`, { cause })
  }
}
