import { expect, test } from "bun:test";
import { chooseModel, type Models } from "./choose.ts";
import { localLlm } from "./local.ts";
import type { ModelClient } from "./model-client.ts";

const local = localLlm();
const remote = () => ({}) as unknown as ModelClient;
const both: Models = {
  defaultModel: "gpt-5.2",
  providers: { openai: remote, google: remote },
  local,
};
const none: Models = { ...both, providers: {} };
const googleOnly: Models = { ...both, providers: { google: remote } };
const ownServer: Models = { ...both, defaultModel: "llama3", providers: { openai: remote } };

test.each([
  { asked: "gpt-5.2", models: both, got: ["openai", "gpt-5.2", undefined] },
  { asked: "openai/gpt-5.2", models: both, got: ["openai", "gpt-5.2", undefined] },
  { asked: "openai/llama3", models: both, got: ["openai", "llama3", undefined] },
  {
    asked: "gemini-3-flash-preview",
    models: both,
    got: ["google", "gemini-3-flash-preview", undefined],
  },
  { asked: null, models: both, got: ["openai", "gpt-5.2", undefined] },
  { asked: "", models: both, got: ["openai", "gpt-5.2", undefined] },
  { asked: "local", models: both, got: ["local", "local", undefined] },
  {
    asked: "claude-9",
    models: both,
    got: ["openai", "gpt-5.2", "unknown model claude-9: answered by gpt-5.2"],
  },
  { asked: null, models: none, got: ["local", "local", undefined] },
  {
    asked: "gpt-5.2",
    models: none,
    got: ["local", "local", "openai is not configured: answered by local"],
  },
  {
    asked: "nonsense",
    models: none,
    got: ["local", "local", "unknown model nonsense: answered by local"],
  },
  { asked: null, models: googleOnly, got: ["google", "gemini-3-flash-preview", undefined] },
  {
    asked: "gpt-5.2",
    models: googleOnly,
    got: [
      "google",
      "gemini-3-flash-preview",
      "openai is not configured: answered by gemini-3-flash-preview",
    ],
  },
  { asked: null, models: ownServer, got: ["openai", "llama3", undefined] },
  {
    asked: "nonsense",
    models: ownServer,
    got: ["openai", "llama3", "unknown model nonsense: answered by llama3"],
  },
])("$asked is answered by $got", ({ asked, models, got }) => {
  const { provider, model, note } = chooseModel(asked, models);
  expect<unknown>([provider, model, note]).toEqual(got);
});
