// A registered phone: how it gets its session, and how it calls.

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";

import {
  type CallOptions,
  type ChannelCredentials,
  type ChannelOptions,
  type Client,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";

import {
  AccountServiceClient,
  DownloadServiceClient,
  FriendServiceClient,
  InboxServiceClient,
  RefreshSessionRequest,
  RegisterRequest,
  type Session,
  SharingServiceClient,
  VerifyNumberRequest,
} from "./generated/appshare/v1/device_gateway.js";

const ADDRESS = process.env.APPSHARE_ADDRESS ?? "127.0.0.1:7400";
const LOG = process.env.APPSHARE_LOG ?? "../../../cloud.log";

const RETRIES = {
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: "0.2s",
        maxBackoff: "2s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    },
  ],
};

type Connect<T> = new (address: string, secure: ChannelCredentials, options: ChannelOptions) => T;

/** A client that sends a call again while the cloud is unavailable; beyond this machine use a secure one. */
function connect<T>(service: Connect<T>): T {
  return new service(ADDRESS, credentials.createInsecure(), { "grpc.service_config": JSON.stringify(RETRIES) });
}

type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  done: (error: ServiceError | null, response: Response) => void,
) => unknown;

/** Calls with a deadline in seconds. */
function call<Request, Response>(
  client: Client,
  method: Unary<Request, Response>,
  request: Request,
  metadata = new Metadata(),
  deadline = 10,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    method.call(client, request, metadata, within(deadline), (error, response) =>
      error ? reject(error) : resolve(response),
    );
  });
}

/** The options of a call that ends after so many seconds. */
export function within(seconds: number): Partial<CallOptions> {
  return { deadline: Date.now() + seconds * 1000 };
}

/** The stubs of a registered device, and its session. The clients share one connection. */
export class Phone {
  readonly account = connect(AccountServiceClient);
  readonly friends = connect(FriendServiceClient);
  readonly sharing = connect(SharingServiceClient);
  readonly inbox = connect(InboxServiceClient);
  readonly downloads = connect(DownloadServiceClient);

  constructor(public session: Session) {}

  /** The metadata of every call. */
  get metadata(): Metadata {
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${this.session.accessToken}`);
    return metadata;
  }

  /** Calls with the access token and a deadline. */
  call<Request, Response>(client: Client, method: Unary<Request, Response>, request: Request): Promise<Response> {
    return call(client, method, request, this.metadata);
  }

  /** Exchanges the refresh token, which is good for one use; a real phone stores the new session at once. */
  async refresh(): Promise<void> {
    const request = RefreshSessionRequest.create({ refreshToken: this.session.refreshToken });
    const refreshed = await call(this.account, this.account.refreshSession, request);
    this.session = refreshed.session!;
  }
}

/** Registers a device with a number by the one-time code. */
export async function register(number: string): Promise<Phone> {
  const account = connect(AccountServiceClient);
  const request = RegisterRequest.create({ number, requestId: randomUUID() });
  const { registrationId } = await call(account, account.register, request);
  const code = await readCode(registrationId);
  const verify = VerifyNumberRequest.create({ registrationId, code });
  const verified = await call(account, account.verifyNumber, verify);
  return new Phone(verified.session!);
}

/** The code from the log of a cloud in development; in operation the user types what the phone received. */
async function readCode(registrationId: string): Promise<string> {
  const lines = (await readFile(LOG, "utf8")).split("\n");
  const line = lines.find((each) => each.includes(registrationId) && each.includes('"code"'));
  if (line === undefined) {
    throw new Error(`no one-time code in ${LOG}: does the cloud write its log there?`);
  }
  return JSON.parse(line).code;
}
