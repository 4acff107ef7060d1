// The whole flow of a device with nothing but generated stubs; docs/integrating.md explains every step.
//
// It needs a cloud in development whose catalogue holds the sample chat. Every time it registers numbers of its own.

import { randomInt, randomUUID } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { download, filesOf, match, partOf } from "./download.js";
import { failureOf } from "./failure.js";
import { App } from "./generated/appshare/v1/app.js";
import { Platform } from "./generated/appshare/v1/device.js";
import {
  AcknowledgeEventsRequest,
  ListEventsRequest,
  ListFriendsRequest,
  ListSharesRequest,
  PublishAppsRequest,
  PushSharesRequest,
  RegisterRequest,
  SetAudiencesRequest,
  SetPushPreferenceRequest,
  SubscribeRequest,
  type SubscribeResponse,
  SyncContactsRequest,
} from "./generated/appshare/v1/device_gateway.js";
import { type Friend, FriendshipLevel, type PersonRef } from "./generated/appshare/v1/friendship.js";
import { AudienceKind, PushOutcome, PushPolicy, type Share } from "./generated/appshare/v1/share.js";
import { type Phone, register, within } from "./phone.js";

const CHAT = App.create({
  platform: Platform.PLATFORM_ANDROID,
  packageName: "org.appshare.sample.chat",
  label: "Sample Chat",
  versionName: "3.0",
  versionCode: 300n,
});

/** Replaces the address book; the answer names its version, which the next delta starts from. */
async function syncBook(phone: Phone, contactId: number, number: string): Promise<bigint> {
  const book = { contacts: [{ contactId, numbers: [number] }] };
  const request = SyncContactsRequest.create({ change: { $case: "full", value: book } });
  const synced = await phone.call(phone.friends, phone.friends.syncContacts, request);
  return synced.bookVersion;
}

/** The first page of the friends, confirmed ones first. */
async function listFriends(phone: Phone): Promise<Friend[]> {
  const listed = await phone.call(phone.friends, phone.friends.listFriends, ListFriendsRequest.create());
  return listed.friends;
}

/** Publishes all apps of the phone and says who may see one: nobody does before. */
async function shareWithFriends(phone: Phone): Promise<void> {
  const inventory = PublishAppsRequest.create({ change: { $case: "full", value: { apps: [CHAT] } } });
  await phone.call(phone.sharing, phone.sharing.publishApps, inventory);
  const friends = { kind: AudienceKind.AUDIENCE_KIND_FRIENDS, selectedDeviceIds: [] };
  const request = SetAudiencesRequest.create({ changes: [{ packageName: CHAT.packageName, audience: friends }] });
  await phone.call(phone.sharing, phone.sharing.setAudiences, request);
}

/** All that a person shares with the phone, page by page. */
async function listShares(phone: Phone, owner: PersonRef): Promise<Share[]> {
  const shares: Share[] = [];
  let pageToken = "";
  do {
    const request = ListSharesRequest.create({ owner, pageSize: 200, pageToken });
    const page = await phone.call(phone.sharing, phone.sharing.listShares, request);
    shares.push(...page.shares);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return shares;
}

/** Accepts pushes of friends: nobody's are accepted before. */
async function acceptPushes(phone: Phone): Promise<void> {
  const request = SetPushPreferenceRequest.create({ preference: { policy: PushPolicy.PUSH_POLICY_FRIENDS } });
  await phone.call(phone.sharing, phone.sharing.setPushPreference, request);
}

/** Pushes all that is shared with a person; with the same request id it arrives once, however often it is sent. */
async function push(phone: Phone, recipient: PersonRef, requestId: string): Promise<string> {
  const request = PushSharesRequest.create({ recipients: [recipient], note: "Have a look!", requestId });
  const pushed = await phone.call(phone.sharing, phone.sharing.pushShares, request);
  return PushOutcome[pushed.outcomes[0]];
}

/** Waits for a push, shows it, and acknowledges it then: a phone that stops before gets it again. */
async function receivePush(phone: Phone): Promise<void> {
  const stream = phone.inbox.subscribe(SubscribeRequest.create(), phone.metadata);
  for await (const { message } of stream as AsyncIterable<SubscribeResponse>) {
    if (message?.$case === "event" && message.value.event?.$case === "sharesPushed") {
      stream.on("error", () => {}).cancel();
      const pushed = message.value.event.value;
      report("received", `${labels(pushed.shares)}: ${pushed.note}`);
      const request = AcknowledgeEventsRequest.create({ throughPosition: message.value.position });
      await phone.call(phone.inbox, phone.inbox.acknowledgeEvents, request);
      return;
    }
  }
}

/** Calls that are refused, and what the refusals say. */
async function showFailures(phone: Phone): Promise<void> {
  const stranger: PersonRef = { person: { $case: "number", value: newNumber() } };
  const refused = await failureOf(() => listShares(phone, stranger));
  report("shares of a stranger", `${refused.code} ${refused.reason}`);

  const nobody = PushSharesRequest.create();
  const wrong = await failureOf(() => phone.call(phone.sharing, phone.sharing.pushShares, nobody));
  report("a push to nobody", `${wrong.code} ${wrong.reason} ${wrong.field}`);

  const limited = await failureOf(() => askForCodes(phone, newNumber()));
  const comeBack = limited.retryAfter ? "come back later" : "never come back";
  report("too many codes", `${limited.code} ${limited.reason}, ${comeBack}`);

  const stream = phone.inbox.subscribe(SubscribeRequest.create(), phone.metadata, within(0.5));
  const late = await failureOf(() => stream.toArray());
  report("a deadline", late.code);
}

/** Registers a number more often than any cloud lets it. */
async function askForCodes(phone: Phone, number: string): Promise<void> {
  for (let count = 0; count < 100; count++) {
    await phone.call(phone.account, phone.account.register, RegisterRequest.create({ number }));
  }
}

/** Plays the flow and prints what every step has shown. */
async function main(): Promise<void> {
  const numbers = [newNumber(), newNumber()];
  const [li, zhang] = [await register(numbers[0]), await register(numbers[1])];
  report("Li Wei's book", `version ${await syncBook(li, 1, numbers[1])}`);
  report("Zhang Min's book", `version ${await syncBook(zhang, 7, numbers[0])}`);
  const [friend] = await listFriends(zhang);
  report("a friend", `contact ${friend.contactId}, ${FriendshipLevel[friend.level]}`);

  await shareWithFriends(li);
  const owner: PersonRef = { person: { $case: "contactId", value: friend.contactId } };
  report("shared", labels(await listShares(zhang, owner)));
  await playPush(li, zhang);
  await playDownload(zhang, owner);

  const before = zhang.session.refreshToken;
  await zhang.refresh();
  const kind = zhang.session.refreshToken === before ? "the same" : "another";
  report("refreshed", `${kind} token, ${labels(await listShares(zhang, owner))}`);
  await showFailures(zhang);
}

/** Sends a push twice and receives it once. */
async function playPush(sender: Phone, recipient: Phone): Promise<void> {
  await acceptPushes(recipient);
  const requestId = randomUUID();
  const contact: PersonRef = { person: { $case: "contactId", value: 1 } };
  report("pushed", await push(sender, contact, requestId));
  report("pushed", await push(sender, contact, requestId));
  await receivePush(recipient);
  const left = await recipient.call(recipient.inbox, recipient.inbox.listEvents, ListEventsRequest.create());
  report("left in the inbox", `${left.events.length}`);
}

/** Downloads over a connection that breaks once. */
async function playDownload(phone: Phone, owner: PersonRef): Promise<void> {
  const [file] = filesOf(await match(phone, owner, CHAT.packageName));
  report("fits", file.name);
  const folder = await mkdtemp(join(tmpdir(), "walkthrough-"));
  try {
    await download(phone, owner, CHAT.packageName, folder, 5_000);
    report("broken off", `${(await stat(partOf(file, folder))).size} bytes`);
    const [path] = await download(phone, owner, CHAT.packageName, folder);
    report("downloaded", `${basename(path)}, ${(await stat(path)).size} bytes`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The names that people see. */
function labels(shares: Share[]): string {
  return shares.map((share) => share.app!.label).join(", ");
}

/** A Chinese mobile number, so that the walkthrough can be played again. */
function newNumber(): string {
  return `+86138${randomInt(10 ** 8).toString().padStart(8, "0")}`;
}

/** Prints what a step has shown. */
function report(what: string, shown: string): void {
  console.log(`${what}: ${shown}`);
}

await main();
