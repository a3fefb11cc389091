/**
 * The part of the contract that loads no schema: client, errors, exit codes, health codes. For programs that must start fast.
 *
 * @packageDocumentation
 */
export { createClient } from './client.ts'
export { DAEMON_FLAGS } from './daemon-flags.ts'
export type { Client, ClientInit, PathQuery, PingQuery, TraceQuery } from './client.ts'
export type { AccountingDocument } from './documents/accounting.ts'
export type { RouterName } from './documents/common.ts'
export type { DitexAnchorsDocument, DitexDocument, DitexEntry, DitexQueryBody, DitexVerification } from './documents/ditex.ts'
export type { MatrixDocument } from './documents/matrix.ts'
export type { MembersDocument } from './documents/members.ts'
export type { ConfigDocument, DoctorCheck, DoctorDocument } from './documents/operation.ts'
export type { CandidateEntry, PathDocument } from './documents/path.ts'
export type { PingDocument } from './documents/ping.ts'
export type { HealthEntry, StatusDocument } from './documents/status.ts'
export type { TraceDocument, TraceHop } from './documents/trace.ts'
export { DaemonUnreachableError, RequestFailedError } from './errors.ts'
export { describeFailure, EXIT, exitCodeOf } from './exit-codes.ts'
export type { ExitCode } from './exit-codes.ts'
