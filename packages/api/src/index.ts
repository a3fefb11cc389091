/**
 * The contract of the local HTTP interface: documents, health codes, exit codes, OpenAPI and a client. Programs that must start fast import
 * `@srwan/api/light`, which loads no schema.
 *
 * @packageDocumentation
 */
export { createClient, MAX_RESPONSE_OCTETS, RESPONSE_TIMEOUT_MS } from './client.ts'
export type { Client, ClientInit, PathQuery, PingQuery, TraceQuery } from './client.ts'
export { accountingDocument, octetsByDirection } from './documents/accounting.ts'
export type { AccountingDocument } from './documents/accounting.ts'
export { errorDocument, routerName, SCHEMA_VERSION } from './documents/common.ts'
export type { ErrorDocument, RouterName } from './documents/common.ts'
export { ditexAnchorsDocument, ditexDocument, ditexEntry, ditexQuery, ditexVerification, MAX_QUERIED_PEERS } from './documents/ditex.ts'
export type { DitexAnchorsDocument, DitexDocument, DitexEntry, DitexQueryBody, DitexVerification } from './documents/ditex.ts'
export { matrixDocument } from './documents/matrix.ts'
export type { MatrixDocument } from './documents/matrix.ts'
export { membersDocument } from './documents/members.ts'
export type { MembersDocument } from './documents/members.ts'
export { acceptedDocument, clockRequest, configDocument, doctorCheck, doctorDocument, probeDocument, revocationRequest } from './documents/operation.ts'
export type { AcceptedDocument, ClockRequest, ConfigDocument, DoctorCheck, DoctorDocument, ProbeDocument, RevocationRequest } from './documents/operation.ts'
export { pathDocument } from './documents/path.ts'
export type { CandidateEntry, PathDocument } from './documents/path.ts'
export { MAX_PING_COUNT, pingDocument } from './documents/ping.ts'
export type { PingDocument } from './documents/ping.ts'
export { healthEntry, statusDocument, trafficEntry } from './documents/status.ts'
export type { HealthEntry, StatusDocument } from './documents/status.ts'
export { MAX_TRACE_COUNT, traceDocument } from './documents/trace.ts'
export type { TraceDocument, TraceHop } from './documents/trace.ts'
export { DaemonUnreachableError, RequestFailedError } from './errors.ts'
export { describeFailure, EXIT, exitCodeOf } from './exit-codes.ts'
export type { ExitCode } from './exit-codes.ts'
export { HEALTH_RULES, healthRule, verdictOf, visibleHealth } from './health.ts'
export type { HealthRule } from './health.ts'
export { openApiDocument, ROUTES } from './openapi.ts'
