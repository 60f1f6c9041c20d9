import { assistant } from "./assistant.ts";
import { curves, curvesUsage } from "./curves.ts";
import { full, fullUsage } from "./full.ts";
import { gate } from "./gate/gate.ts";
import { limitsArguments, limitsUsage, underLimits } from "./limits.ts";
import { locations } from "./locations.ts";
import { news } from "./news.ts";
import { outage, outageArguments, outageUsage } from "./outage.ts";
import { scan } from "./scan.ts";
import { rooms, roomsUsage } from "./rooms.ts";
import { runs } from "./runs.ts";
import { runSections, sectionsArguments } from "./sections.ts";
import { hostile, hostileUsage } from "./hostile.ts";
import { smoke } from "./smoke.ts";
import { steady, steadyArguments, steadyUsage } from "./steady.ts";
import { soak, soakArguments, soakUsage } from "./soak.ts";
import { starts } from "./start.ts";

const usage = `bun run bench <what>

  assistant
          the assistant's first words on an idle fleet
  gate    the check of a token: in the process, and as an ext_authz service over HTTP
  locations
          the map with 100,000 generated places at 200 requests a second
  news    100,000 articles, profiles and collections at 200 requests a second
  ${roomsUsage}
  runs    the agent: memory of 40 runs at once, CPU of one, checkpoint and retrieval
  smoke   a minute on a fresh stack: start, latency and memory at idle, every answer checked
  start   how long gateway, router and worker take from their start to ready, as the images hold them
  scan    what a scan costs beyond its model, with a picture of our own store
  ${limitsUsage}
  ${outageUsage}
  ${steadyUsage}
  ${soakUsage}
  ${curvesUsage}
  ${hostileUsage}
  ${fullUsage}

Prints a table; exits 1 when a bar is missed or an answer is wrong.`;

const [what, ...rest] = process.argv.slice(2);
if (what === "--help" || what === "-h") {
  console.log(usage);
} else if (what === "assistant" && rest.length === 0) {
  process.exitCode = (await assistant()) ? 0 : 1;
} else if (what === "gate" && rest.length === 0) {
  process.exitCode = (await gate()) ? 0 : 1;
} else if (what === "locations" && rest.length === 0) {
  process.exitCode = (await locations()) ? 0 : 1;
} else if (what === "news" && rest.length === 0) {
  process.exitCode = (await news()) ? 0 : 1;
} else if (what === "rooms" && rest.length === 0) {
  process.exitCode = (await rooms()) ? 0 : 1;
} else if (what === "runs" && rest.length === 0) {
  process.exitCode = (await runs()) ? 0 : 1;
} else if (what === "smoke" && rest.length === 0) {
  process.exitCode = (await smoke()) ? 0 : 1;
} else if (what === "scan" && rest.length === 0) {
  process.exitCode = (await scan()) ? 0 : 1;
} else if (what === "start" && rest.length === 0) {
  process.exitCode = (await starts()) ? 0 : 1;
} else if (what === "limits") {
  const wish = limitsArguments(rest);
  if (!wish) {
    console.error(usage);
    process.exit(2);
  }
  process.exitCode = (await underLimits(wish)) ? 0 : 1;
} else if (what === "outage") {
  const wish = outageArguments(rest);
  if (!wish) {
    console.error(usage);
    process.exit(2);
  }
  process.exitCode = (await outage(wish)) ? 0 : 1;
} else if (what === "steady") {
  const wish = steadyArguments(rest);
  if (!wish) {
    console.error(usage);
    process.exit(2);
  }
  process.exitCode = (await steady(wish)) ? 0 : 1;
} else if (what === "soak") {
  const wish = soakArguments(rest);
  if (!wish) {
    console.error(usage);
    process.exit(2);
  }
  process.exitCode = (await soak(wish)) ? 0 : 1;
} else if (what === "full" || what === "curves" || what === "hostile") {
  if (rest.includes("--help")) {
    console.log(usage);
    process.exit(0);
  }
  const sections = { full, curves, hostile }[what];
  const wish = sectionsArguments(rest, sections.figures);
  if (!wish) {
    console.error(usage);
    process.exit(2);
  }
  process.exitCode = (await runSections(sections, wish)) ? 0 : 1;
} else {
  console.error(usage);
  process.exitCode = 2;
}
