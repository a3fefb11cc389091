#!/usr/bin/env node
import { existsSync } from 'node:fs'

// The bundle starts several times faster than the compiled packages; both come from `npm run build`.
const entry = ['../dist/bundle/srwan.js', '../dist/src/srwan.js'].map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url))
if (entry === undefined) {
  process.stderr.write('srwan: the program is not built\n     run `npm run build` in the repository first   [exit 1]\n')
  process.exitCode = 1
} else {
  await import(entry.href)
}
