import { projectFile } from "./rendered.ts";

const dockerfile = projectFile("Dockerfile") ?? "";

/** What the Dockerfile bundles, and how. */
export const builds = [
  ...dockerfile.matchAll(/bun build (\S+)\.ts (--target=bun .*?)--outdir=\/out\/(\S+)/g),
].map(([, entry = "", flags = "", out = ""]) => ({ entry, flags: flags.trim().split(" "), out }));
