import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top of the checkout; every script works from there, wherever it was called from. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** @returns the absolute path of something in the checkout */
export function inRepository(...parts) {
  return join(ROOT, ...parts)
}

/** True where the module of this URL is what `node` was asked to run, and not imported by another. */
export function isMain(url) {
  return process.argv[1] !== undefined && fileURLToPath(url) === process.argv[1]
}
