import { appendFileSync, readFileSync } from "node:fs";
import { routesOf } from "../http/routes.ts";

/** Names the file in which the processes of a whole test run note the successes they saw. */
export const answersSeen = "ANSWERS_SEEN_FILE";

const noted = new Set<string>();

/** Notes a success that was compared with the document, if the run keeps count. */
export function noteAnswer(file: string | undefined, key: string): void {
  if (file === undefined || noted.has(key)) return;
  noted.add(key);
  appendFileSync(file, `${key}\n`);
}

export const answerKey = (method: string, path: string, status: number): string =>
  `${method} ${path} ${status}`;

/** Successes the document foretells and no test of the run saw. */
export function unseenAnswers(file: string): string[] {
  const seen = new Set(readFileSync(file, "utf8").split("\n"));
  return routesOf("all")
    .flatMap(({ method, path, doc }) =>
      Object.keys(doc.answers).map((status) => answerKey(method, path, Number(status))),
    )
    .filter((key) => !seen.has(key));
}
