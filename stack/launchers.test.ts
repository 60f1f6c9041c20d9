import { expect, test } from "bun:test";
import { launchersOf } from "./launchers.ts";

const login = { pid: 10, ppid: 1, command: "-bash" };

test.each([
  {
    name: "npx, its shell and bun run",
    chain: ["npm exec bun@1.4.5 run up", "sh -c 'bun' run up", "bun run up"],
    launchers: [13, 12, 11],
  },
  { name: "bun run alone", chain: ["/x/node_modules/bun/bin/bun.exe run up"], launchers: [11] },
  {
    name: "not the script shell above them, which may end while they run on",
    chain: ["bash -c nohup npx bun run up &", "node /usr/bin/npx bun@1.4.5 run up", "bun run up"],
    launchers: [13, 12],
  },
  { name: "nothing when started by hand", chain: ["bash -c bun stack/up.ts"], launchers: [] },
])("$name", ({ chain, launchers }) => {
  const rows = [login, ...chain.map((command, i) => ({ pid: 11 + i, ppid: 10 + i, command }))];
  expect(launchersOf(10 + chain.length, rows)).toEqual([...launchers]);
});
