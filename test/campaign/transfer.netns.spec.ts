import { transferTests } from '../netns/transfer.ts'

const CAMPAIGN_MEBIBYTES = 1024

describe('campaign: a gigabyte over the overlay and over a site prefix', () => {
  transferTests(CAMPAIGN_MEBIBYTES)
})
