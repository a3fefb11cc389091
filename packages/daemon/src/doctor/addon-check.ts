import type { Check } from './check.ts'

/** Does the native datapath load into this Node? */
export const addonLoads: Check = async () => {
  try {
    const { assertNativeAddon } = await import('@srwan/datapath')
    assertNativeAddon()
    return { outcome: 'pass', found: `the native datapath loads (Node ${process.version}, ${process.arch})` }
  } catch (error) {
    return {
      outcome: 'fail',
      found: `the native datapath does not load: ${(error as Error).message.split('\n')[0]}`,
      remedy: 'Build it with `npm run build` in a clone, or install a release for this platform.'
    }
  }
}
