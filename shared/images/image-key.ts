import { randomBytes } from "node:crypto";

/** What people upload for: pictures of a chat, a scan, a profile. */
export const publicChannels = ["chat", "scan", "my"] as const;
export type PublicChannel = (typeof publicChannels)[number];
/** `generated` is written by workers alone. */
export type Channel = PublicChannel | "generated";

const key = /^(?:chat|scan|my|generated)\/[0-9a-f]{32}\.[a-z0-9]{1,8}$/;

/** `{channel}/{32 hex}{extension}`: nothing of the file's name but its extension, `.bin` where it has no plain one. */
export function newImageKey(channel: Channel, filename: string): string {
  const base = filename.split(/[/\\]/).at(-1) ?? "";
  const dot = base.lastIndexOf(".");
  const extension = dot === -1 ? "" : base.slice(dot + 1).toLowerCase();
  const plain = /^[a-z0-9]{1,8}$/.test(extension) ? extension : "bin";
  return `${channel}/${randomBytes(16).toString("hex")}.${plain}`;
}

/** Whether a text could be a key of ours. It holds no path but `channel/name`, so it may be part of one. */
export function isImageKey(text: string): boolean {
  return key.test(text);
}

export function channelOf(imageKey: string): string {
  return imageKey.slice(0, imageKey.indexOf("/"));
}
