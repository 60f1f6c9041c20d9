import { expect, test } from "bun:test";
import { startFake } from "../fakes/fake-server.ts";

/** A process that runs the agent once and ends; what it prints is the intent. */
const askOnce = `
  import { askInProcess } from "./tests/eval/in-process.ts";
  console.log((await askInProcess()("페트병 어떻게 버려?")).intent);`;

/** LangSmith's own variables and nothing of ours decide. Resolves with what a server of its protocol was sent. */
async function runWith(variables: (url: string) => Record<string, string>) {
  const langsmith = startFake(({ method }) =>
    Response.json({}, { status: method === "GET" ? 200 : 202 }),
  );
  const others = Object.entries(process.env).filter(([name]) => !/^LANG(SMITH|CHAIN)_/.test(name));
  const child = Bun.spawn([process.execPath, "-e", askOnce], {
    cwd: `${import.meta.dir}/../..`,
    env: { ...Object.fromEntries(others), ...variables(langsmith.baseUrl) },
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = await new Response(child.stdout).text();
  expect([await child.exited, said.trim()]).toEqual([0, "waste"]);
  await langsmith.stop();
  return langsmith.seen;
}

test("a run arrives in LangSmith, where its variables ask for it", async () => {
  const seen = await runWith((url) => ({
    LANGSMITH_TRACING: "true",
    LANGSMITH_ENDPOINT: url,
    LANGSMITH_API_KEY: "a-test-key",
    LANGSMITH_PROJECT: "a-test-project",
  }));
  const sent = seen.filter(({ path }) => path === "/runs/multipart");
  expect(sent[0]?.headers.get("x-api-key")).toBe("a-test-key");
  const text = sent.map((one) => one.text).join("\n");
  const valuesOf = (field: string) => [
    ...new Set([...text.matchAll(new RegExp(`"${field}":"([^"]*)"`, "g"))].map(([, one]) => one)),
  ];
  expect(valuesOf("session_name")).toEqual(["a-test-project"]);
  // the run by the job's id, and the nodes under it
  const run = expect.stringMatching(/^chat:[0-9a-f-]{36}$/);
  expect(valuesOf("name")).toEqual(expect.arrayContaining([run, "intent_node", "answer_node"]));
});

test("without them nothing is sent", async () => {
  expect(await runWith((url) => ({ LANGSMITH_ENDPOINT: url, LANGSMITH_API_KEY: "k" }))).toEqual([]);
});
