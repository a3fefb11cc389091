/** The part of sodium-native that is used here; the package has no types of its own. */
declare module 'sodium-native' {
  interface Sodium {
    readonly crypto_sign_verify_detached: (signature: Uint8Array, data: Uint8Array, publicKey: Uint8Array) => boolean
  }
  const sodium: Sodium
  export default sodium
}
