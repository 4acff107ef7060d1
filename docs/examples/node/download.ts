// Gets the build that fits, however often the connection breaks.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { DeviceProfile, Platform } from "./generated/appshare/v1/device.js";
import {
  DownloadAppRequest,
  type DownloadAppResponse,
  MatchAppRequest,
} from "./generated/appshare/v1/device_gateway.js";
import type { FilePosition, FitAnswer, PackageFile } from "./generated/appshare/v1/fit.js";
import type { PersonRef } from "./generated/appshare/v1/friendship.js";
import { type Phone, within } from "./phone.js";

const PROFILE = DeviceProfile.create({
  platform: Platform.PLATFORM_ANDROID,
  osVersion: "14",
  supportedAbis: ["arm64-v8a", "armeabi-v7a"],
  screenDensity: 420,
  resolution: { width: 1080, height: 2400 },
  supportedLocales: ["zh-CN", "en"],
});

/** What fits the phone: `fit`, `appStoreLink`, or `noFit` with the reasons. */
export async function match(phone: Phone, owner: PersonRef, packageName: string): Promise<FitAnswer> {
  const request = MatchAppRequest.create({ owner, packageName, profile: PROFILE });
  const matched = await phone.call(phone.downloads, phone.downloads.matchApp, request);
  return matched.answer!;
}

/**
 * Downloads the files of a fit from where the last try ended; none when it broke off.
 *
 * Until its bytes are complete a file is `<its SHA-256>.part`. `breakAt` plays a connection that breaks there.
 */
export async function download(
  phone: Phone,
  owner: PersonRef,
  packageName: string,
  folder: string,
  breakAt?: number,
): Promise<string[]> {
  const request = DownloadAppRequest.create({ owner, packageName, profile: PROFILE, resume: await have(folder) });
  const stream = phone.downloads.downloadApp(request, phone.metadata, within(600));
  let files: PackageFile[] = [];
  for await (const { part } of stream as AsyncIterable<DownloadAppResponse>) {
    if (part?.$case === "answer") {
      files = filesOf(part.value);
    } else if (part?.$case === "chunk") {
      await appendFile(partOf(files[part.value.fileIndex], folder), part.value.data.subarray(0, breakAt));
      if (breakAt !== undefined) {
        stream.on("error", () => {}).cancel();
        return [];
      }
    }
  }
  return Promise.all(files.map((file) => finish(file, folder)));
}

/** The files of an answer that is a fit. */
export function filesOf({ answer }: FitAnswer): PackageFile[] {
  return answer?.$case === "fit" ? answer.value.files : [];
}

/** Where a file is while it is not complete. */
export function partOf(file: PackageFile, folder: string): string {
  return join(folder, `${file.sha256}.part`);
}

/** What a folder has of files that are not complete. */
async function have(folder: string): Promise<FilePosition[]> {
  const parts = (await readdir(folder)).filter((name) => name.endsWith(".part"));
  return Promise.all(
    parts.map(async (name) => ({
      sha256: name.slice(0, -".part".length),
      offset: BigInt((await stat(join(folder, name))).size),
    })),
  );
}

/** Gives a file its name if its bytes are those that were announced; else it must not be installed. */
async function finish(file: PackageFile, folder: string): Promise<string> {
  const part = partOf(file, folder);
  const hash = createHash("sha256");
  for await (const data of createReadStream(part)) {
    hash.update(data);
  }
  if (hash.digest("hex") !== file.sha256) {
    await rm(part);
    throw new Error(`${file.name} has the wrong bytes`);
  }
  await rename(part, join(folder, file.name));
  return join(folder, file.name);
}
