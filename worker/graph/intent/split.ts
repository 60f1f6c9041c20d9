import type { Intent } from "../../../shared/contract/stages.ts";
import { classify, type Classified, type Known, type Previous } from "./classify.ts";

export interface Decided {
  /** The primary first; one to three, each once. */
  readonly intents: readonly Intent[];
  /** The part of the message each intent is about; empty when there is one intent. */
  readonly queries: readonly string[];
  readonly confidence: number;
}

export const maxParts = 3;
/** What a person wants shows in far fewer; a message may have 10,000. */
const readChars = 2000;
/** Shorter messages, and a bare question word, are about one thing (contract 7.13, stage 1). */
const alwaysSingleChars = 12;
const bareQuestion = /^(?:뭐야|뭐|어떻게|왜|어디)\??$/;
const candidate = /그리고|또|같이|함께|둘 다|도|,|이랑|랑|하고|[가-힣]고\s|[?!.]\s*\S/;

/** Where one request may end and the next begin. The connective stays with the part before it. */
const borders =
  /(?<=[?!.])\s+|,\s*|\s*그리고\s+|\s+또\s+|(?<=[가-힣](?:이랑|랑|하고))\s+|(?<=(?:주|버리|하|되|알려|있)고)\s+|(?<=[가-힣](?:과|와|는데|인데|은데|고요|구요))\s+/;

/** Whether a message may ask for several things at all. */
export function isCandidate(message: string): boolean {
  const text = message.trim();
  return text.length > alwaysSingleChars && !bareQuestion.test(text) && candidate.test(text);
}

/** The intents of a message: one, or up to three where it asks for different things. */
export function decide(message: string, known: Known, previous?: Previous): Decided {
  const text = message.slice(0, readChars).normalize("NFC").replaceAll(/\s+/g, " ").trim();
  const whole = classify(text, known, previous);
  const single = { intents: [whole.intent], queries: [], confidence: whole.confidence };
  if (!isCandidate(text)) return single;
  const parts = text.split(borders).flatMap((part) => {
    const trimmed = part?.trim();
    return trimmed ? [trimmed] : [];
  });
  if (parts.length < 2) return single;

  const groups = group(parts, known, previous);
  if (groups.length < 2) return single;
  const kept = groups.slice(0, maxParts);
  return {
    intents: kept.map(({ intent }) => intent),
    queries: kept.map(({ text: query }) => query),
    confidence: Math.min(...kept.map(({ confidence }) => confidence)),
  };
}

interface Group extends Classified {
  text: string;
}

/** Classifies part by part; parts of one intent, and parts that ask for nothing, stay together. */
function group(parts: readonly string[], known: Known, previous?: Previous): Group[] {
  const groups: Group[] = [];
  let pending = "";
  parts.forEach((part, i) => {
    const text = pending === "" ? part : `${pending} ${part}`;
    const asked = isBareThing(part, known) ? withPredicate(part, parts[i + 1], known) : part;
    const found = classify(asked, known, previous);
    if (found.weight < 2 || found.intent === "general") {
      const last = groups.at(-1);
      if (last) last.text += ` ${part}`;
      else pending = text;
      return;
    }
    pending = "";
    const same = groups.find(({ intent }) => intent === found.intent);
    if (same) same.text += ` ${text}`;
    else groups.push({ ...found, text });
  });
  return groups;
}

/** "페트병이랑": a thing and a particle; what is asked of it stands in the next part. */
function isBareThing(part: string, known: Known): boolean {
  const bare = part.replace(/(?:이랑|랑|하고|과|와|도|,)$/, "").trim();
  const things = known.things(bare);
  const named = things.reduce((sum, { matched }) => sum + matched.length, 0);
  return things.length > 0 && named >= bare.length * 0.6;
}

function withPredicate(part: string, next: string | undefined, known: Known): string {
  if (next === undefined) return part;
  let predicate = next;
  for (const { matched } of known.things(next)) predicate = predicate.replace(matched, "");
  return `${part.replace(/(?:이랑|랑|하고|과|와)$/, "")} ${predicate.trim()}`;
}
