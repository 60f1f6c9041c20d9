import { join } from "node:path";
import { buildPage } from "../build.ts";
import { answers, asksForPlace, fails } from "./scenes.ts";
import { startProtocolServer } from "./protocol-server.ts";
import { topologyFixture } from "./topology-fixture.ts";

// The page with a play-acting server, for work on its looks: `bun web/testing/serve.ts`.
const outDir = join(import.meta.dir, "..", "dist");
await buildPage(outDir);
const server = startProtocolServer(outDir);
server.topology = topologyFixture;
server.scene = (log) => {
  if (log.question.includes("근처")) return asksForPlace(log);
  if (log.question.includes("실패")) return fails(log);
  return answers(undefined, { stageMs: 700, tokenMs: 25 })(log);
};
await Bun.write(Bun.stdout, `${server.url}\n`);
