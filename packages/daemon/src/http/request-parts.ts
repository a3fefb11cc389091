import type { FastifyReply } from 'fastify'
import { InvalidInputError } from '@srwan/interface'
import type { z } from 'zod'

/** What a part of a request says. @throws InvalidInputError naming the field */
export function parsed<S extends z.ZodType>(schema: S, value: unknown, source: string): z.output<S> {
  const result = schema.safeParse(value ?? {})
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new InvalidInputError({ source, field: issue?.path.join('.') ?? '' }, issue?.message ?? 'not usable')
}

/** Aborted when the client hangs up. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort()
  })
  return controller.signal
}
