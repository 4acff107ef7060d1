// What an error of the cloud says.

import { type ServiceError, status } from "@grpc/grpc-js";

import { BadRequest, ErrorInfo, RetryInfo } from "./generated/google/rpc/error_details.js";
import { Status } from "./generated/google/rpc/status.js";

/** A failed call; `reason` is a name of error_reason.proto, or empty where gRPC itself failed. */
export interface Failure {
  code: string;
  reason: string;
  field: string;
  /** Seconds. */
  retryAfter?: number;
}

/** Reads the `google.rpc.Status` of the trailer `grpc-status-details-bin`. */
export function readFailure(error: ServiceError): Failure {
  const failure: Failure = { code: status[error.code], reason: "", field: "" };
  const [trailer] = error.metadata.get("grpc-status-details-bin");
  const details = trailer === undefined ? [] : Status.decode(trailer as Buffer).details;
  for (const { typeUrl, value } of details) {
    if (typeUrl.endsWith("/google.rpc.ErrorInfo")) {
      failure.reason = ErrorInfo.decode(value).reason;
    } else if (typeUrl.endsWith("/google.rpc.BadRequest")) {
      failure.field = BadRequest.decode(value).fieldViolations[0].field;
    } else if (typeUrl.endsWith("/google.rpc.RetryInfo")) {
      const delay = RetryInfo.decode(value).retryDelay!;
      failure.retryAfter = Number(delay.seconds) + delay.nanos / 1e9;
    }
  }
  return failure;
}

/** The failure of a call that must not succeed. */
export async function failureOf(call: () => Promise<unknown>): Promise<Failure> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error && "metadata" in error) {
      return readFailure(error as ServiceError);
    }
    throw error;
  }
  throw new Error("a call succeeded that must not");
}
