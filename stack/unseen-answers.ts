import { readFileSync } from "node:fs";
import { routesOf } from "../gateway/http/routes.ts";
import { answerKey } from "../shared/testing/answers-seen.ts";

/** Successes the OpenAPI document foretells and no test of the run saw; `file` is what the tests noted. */
export function unseenAnswers(file: string): string[] {
  const seen = new Set(readFileSync(file, "utf8").split("\n"));
  return routesOf("all")
    .flatMap(({ method, path, doc }) =>
      Object.keys(doc.answers)
        .filter((status) => status !== "101") // a socket is no answer: the server makes it, its own tests show it
        .map((status) => answerKey(method, path, Number(status))),
    )
    .filter((key) => !seen.has(key));
}
