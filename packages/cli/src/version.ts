/** Version of this program: that of package.json, which a bundle does not carry. */
export const VERSION = '0.1.0'
