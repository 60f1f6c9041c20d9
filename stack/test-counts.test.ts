import { expect, test } from "bun:test";
import { countTests } from "./test-counts.ts";

const summary = (lines: string) =>
  `(pass) x\n\n --seed=1\n${lines}\nRan 3 tests across 2 files. [2.00ms]\n`;

test.each([
  { name: "all good", output: summary(" 3 pass\n 0 fail"), code: 0, passed: 3, failed: 0 },
  {
    name: "some failed",
    output: summary(" 1 pass\n 1 skip\n 2 fail"),
    code: 1,
    passed: 1,
    failed: 2,
  },
  {
    name: "a file that does not load",
    output: summary(" 1 pass\n 0 fail\n 1 error"),
    code: 1,
    passed: 1,
    failed: 1,
  },
  {
    name: "coloured",
    output: summary("\u001b[32m 3 pass\u001b[0m\n 0 fail"),
    code: 0,
    passed: 3,
    failed: 0,
  },
  {
    name: "a crash before the summary",
    output: "(pass) x\nSegmentation fault",
    code: 139,
    passed: 0,
    failed: 1,
  },
  {
    name: "a summary, but a bad exit",
    output: summary(" 3 pass\n 0 fail"),
    code: 1,
    passed: 3,
    failed: 1,
  },
  {
    name: "no test found",
    output: "The following filters did not match",
    code: 1,
    passed: 0,
    failed: 1,
  },
])("$name", ({ output, code, passed, failed }) => {
  expect(countTests(output, code)).toEqual({ passed, failed });
});
