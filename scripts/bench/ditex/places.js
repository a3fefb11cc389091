/** Entries of one log of the store that is asked, and authors in it. */
export const LOG_LENGTH = 100
export const MOST_AUTHORS = 100

const COUNTRIES = ['DE', 'US', 'JP', 'BR', 'ZA', 'AU', 'IN', 'FR', 'PL', 'CL']
const CITIES = 20
const FIRST_ASN = 64_500
const ASNS = 25

/** Where an author of that store is, by its number. */
export const countryOf = (index) => COUNTRIES[index % COUNTRIES.length]
export const cityOf = (index) => `City ${index % CITIES}`
export const asnOf = (index) => FIRST_ASN + (index % ASNS)
