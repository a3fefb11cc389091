/** Last octet of a field element, without the bit that is the sign of the other coordinate. */
const WITHOUT_SIGN = 0x7f

/** y of the points whose order divides eight, in every form of 255 bits: 0, 1, −1, two of order eight, and 0 and 1 as p and p + 1. */
const SMALL_ORDER: ReadonlyMap<number, readonly Buffer[]> = byFirstOctet([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'
])

function byFirstOctet(forms: readonly string[]): Map<number, Buffer[]> {
  const map = new Map<number, Buffer[]>()
  for (const form of forms.map((text) => Buffer.from(text, 'hex'))) map.set(form[0]!, [...(map.get(form[0]!) ?? []), form])
  return map
}

/**
 * Whether key and nonce are such as honest signers make: the key in its canonical form, neither of small order. What RFC 8032 leaves to the reader, implementations decide in different ways
 * (Chalkias, Garillot, Nikolaenko: Taming the many EdDSAs, 2020), and a signature that its maker shaped for that would split replicas.
 *
 * @param publicKey - 32 octets
 * @param signature - 64 octets, the first 32 are the nonce
 */
export function isStrict(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return isCanonical(publicKey) && !isOfSmallOrder(publicKey) && !isOfSmallOrder(signature)
}

/** y < p = 2^255 − 19. */
function isCanonical(point: Uint8Array): boolean {
  if (point[0]! < 0xed || (point[31]! & WITHOUT_SIGN) !== WITHOUT_SIGN) return true
  for (let at = 1; at < 31; at++) if (point[at] !== 0xff) return true
  return false
}

function isOfSmallOrder(point: Uint8Array): boolean {
  return SMALL_ORDER.get(point[0]!)?.some((form) => isForm(point, form)) === true
}

function isForm(point: Uint8Array, form: Uint8Array): boolean {
  for (let at = 0; at < 31; at++) if (point[at] !== form[at]) return false
  return (point[31]! & WITHOUT_SIGN) === form[31]
}
