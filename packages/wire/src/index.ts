export * from './membership-messages.ts'
export * from './signed-envelope.ts'
