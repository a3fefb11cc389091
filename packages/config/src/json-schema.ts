import { z } from 'zod'
import { networkFileSchema } from './network-file.ts'
import { nodeConfigSchema } from './node-config.ts'

/** JSON Schema (2020-12) of what people write, for editors. */
export const configJsonSchema = (): object => z.toJSONSchema(nodeConfigSchema, { io: 'input' })

/** JSON Schema (2020-12) of a network file, for editors. */
export const networkFileJsonSchema = (): object => z.toJSONSchema(networkFileSchema, { io: 'input' })
