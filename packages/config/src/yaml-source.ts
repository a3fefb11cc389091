import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { Document, Node } from 'yaml'
import { InvalidInputError } from '@srwan/interface'

/** Largest text that is read; a scenario of 100 nodes with all pairs written out stays below. */
export const MAX_YAML_OCTETS = 4 * 1024 * 1024

/** A parsed YAML text that still knows its lines. */
export interface YamlSource {
  /** File name or other origin, for messages. */
  readonly source: string
  /** Plain data; `undefined` for an empty text. */
  readonly value: unknown
  /** 1-based line of the value at a path, or of the nearest enclosing one. */
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined
  /** 1-based line of a key inside the mapping at a path. */
  readonly lineOfKey: (path: readonly PropertyKey[], key: string) => number | undefined
  /** Where another source than the text supplied the value at a path: that one's name. */
  readonly sourceOf?: (path: readonly PropertyKey[]) => string | undefined
}

/**
 * Parses one YAML document.
 *
 * @param text - at most `MAX_YAML_OCTETS` characters
 * @param source - where the text is from, for messages
 * @throws InvalidInputError with the line where it is no YAML, holds a key twice or is too large
 */
export function parseYaml(text: string, source: string): YamlSource {
  if (text.length > MAX_YAML_OCTETS) {
    throw new InvalidInputError({ source }, `is ${text.length} characters long, at most ${MAX_YAML_OCTETS} are read`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true })
  const [error] = document.errors
  if (error !== undefined) throw new InvalidInputError({ source, line: lines.linePos(error.pos[0]).line }, `is not valid YAML: ${error.message.split('\n')[0]}`)
  const at = (node: Node | undefined): number | undefined => (node?.range == null ? undefined : lines.linePos(node.range[0]).line)
  return {
    source,
    value: plain(document, source),
    lineOf: (path) => at(nearest(document, path)),
    lineOfKey: (path, key) => at(keyNode(document, path, key)) ?? at(nearest(document, path))
  }
}

function plain(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? undefined
  } catch (cause) {
    throw new InvalidInputError({ source }, `is not usable YAML: ${(cause as Error).message}`, { cause })
  }
}

function nearest(document: Document, path: readonly PropertyKey[]): Node | undefined {
  for (let length = path.length; length >= 0; length--) {
    const found: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(found)) return found
  }
  return undefined
}

function keyNode(document: Document, path: readonly PropertyKey[], key: string): Node | undefined {
  const parent: unknown = path.length === 0 ? document.contents : document.getIn(path, true)
  if (!isMap(parent)) return undefined
  const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
  return isNode(pair?.key) ? pair.key : undefined
}
