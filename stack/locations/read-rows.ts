import { readCsv } from "./csv.ts";

export type Encoding = "utf-8" | "cp949";
/** One row of a data set: text by column name. */
export type Row = Readonly<Record<string, string>>;

export interface FileRows {
  readonly encoding: Encoding;
  readonly rows: readonly Row[];
}

/**
 * The rows of a CSV or JSON file. UTF-8 unless its bytes are none, then CP949, which spreadsheets in Korea write. Throws
 * with a sentence for people.
 */
export function readRows(bytes: Uint8Array, wanted?: Encoding): FileRows {
  const { text, encoding } = decode(bytes, wanted);
  const rows = /^\s*[[{]/.test(text) ? readJson(text) : readCsv(text);
  if (rows.length === 0) throw new Error("the file has no rows");
  return { encoding, rows };
}

function decode(bytes: Uint8Array, wanted: Encoding | undefined) {
  const tries: readonly Encoding[] = wanted ? [wanted] : ["utf-8", "cp949"];
  for (const encoding of tries) {
    try {
      // the Web's name for CP949
      const label = encoding === "cp949" ? "euc-kr" : encoding;
      return { encoding, text: new TextDecoder(label, { fatal: true }).decode(bytes) };
    } catch {
      // not this one
    }
  }
  throw new Error(`the file is not ${tries.join(" or ")} text`);
}

/** An array of objects, or an object that holds one. */
function readJson(text: string): Row[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("the file begins as JSON and is none");
  }
  const list = listIn(json);
  if (!list) throw new Error("the JSON holds no list of objects");
  return list.flatMap((row) =>
    isRecord(row)
      ? [Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)]))]
      : [],
  );
}

function listIn(json: unknown): unknown[] | undefined {
  if (Array.isArray(json)) return json;
  if (!isRecord(json)) return undefined;
  return Object.values(json).find((value) => Array.isArray(value) && value.some(isRecord)) as
    unknown[] | undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value as string | number);
}
