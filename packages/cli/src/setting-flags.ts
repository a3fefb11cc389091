import { resolve } from 'node:path'
import type { Flags } from '@srwan/config'
import type { Context } from './context.ts'

/** Settings that the command line overrides. `--network NAME` is `NAME.yaml` in the home, anything with a slash or an ending a file. */
export function settingFlags({ options }: Pick<Context, 'options'>): Flags {
  const { logLevel, network } = options
  return {
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(network === undefined ? {} : { network: /[/]|\.ya?ml$/.test(network) ? resolve(network) : `${network}.yaml` })
  }
}
