// What a message means that leans on the turns before it: "그럼 뚜껑은?", "그건 어디에 버려?", "유리병은?".
// alone      it names what it is about, or leans on nothing: left as it is
// completed  its thing is put in: "그건 어디에 버려?" after 페트병 → "페트병 어디에 버려?"
// carried    its thing is new and its question is the last one's: "유리병은?" → "유리병 어떻게 버려?"
// repeated   it asks the last question again, of another place or day, or in more detail
import type { Intent } from "../../shared/contract/stages.ts";
import type { Known } from "./intent/classify.ts";
import * as words from "./refer-words.ts";
import type { Topic } from "./state.ts";

export interface Resolved {
  /** The message, complete without the turns before it. */
  readonly text: string;
  readonly isFollowUp: boolean;
  /** Things this turn is about. */
  readonly things: readonly string[];
}

type Things = (text: string) => readonly string[];

/** How a thing is asked about, in the intent of the turn before. */
const asking: Partial<Record<Intent, (thing: string) => string>> = {
  waste: (thing) => `${thing} 어떻게 버려?`,
  bulk_waste: (thing) => `${thing} 버리려면 어떻게 해?`,
  collection_point: (thing) => `${thing} 수거함 어디 있어?`,
  recyclable_price: (thing) => `${thing} 시세 알려줘`,
  character: (thing) => `${thing} 캐릭터 알려줘`,
  image_generation: (thing) => `${thing} 그려줘`,
};

/** Least certainty with which a word counts as a thing. */
const leastScore = 0.5;

/** What a text names: things of the knowledge base, and characters. */
export function thingsBy(known: Known, characterNames: readonly string[]): Things {
  return (text) => [
    ...new Set([
      ...known
        .things(text)
        .filter(({ score }) => score >= leastScore)
        .map(({ matched }) => matched),
      ...characterNames.filter((name) => new RegExp(`(?:^|\\s)${name}`).test(text)),
    ]),
  ];
}

/** Completes a message from what the chat was about, newest topic last. */
export function resolve(message: string, topics: readonly Topic[], thingsIn: Things): Resolved {
  const text = message.normalize("NFC").replaceAll(/\s+/g, " ").trim();
  const named = thingsIn(text);
  const alone = { text: message, isFollowUp: false, things: named };
  const last = topics.at(-1);
  if (!last || text === "") return alone;
  if (words.thanks.test(text) || words.ofAll.test(text)) return alone;

  if (words.elsewhere.test(text) && named.length === 0) return elsewhere(text, topics) ?? alone;
  const rest = words.notThat.exec(text);
  const wanted = rest ? text.slice(rest[0].length) : "";
  const instead = thingsIn(wanted);
  if (instead.length > 0) {
    return carry(wanted, instead, topics) ?? { text: wanted, isFollowUp: false, things: instead };
  }
  const content = contentOf(text);
  const ends = text.replaceAll(words.means, " ");
  const asked = contentOf(ends);
  const isMeans = ends !== text && thingsIn(asked.join(" ")).length === 0;
  if (!isMeans && (named.length > 0 || content.some((one) => words.part.test(one)))) {
    return completePart(content, topics, thingsIn) ?? carry(text, named, topics) ?? alone;
  }
  return (
    anotherDay(content, topics) ??
    (asked.every((one) => words.predicate.test(one)) ? complete(text, asked, topics) : undefined) ??
    alone
  );
}

/** Its words without those that only lean on others. */
function contentOf(text: string): string[] {
  return text
    .split(" ")
    .filter((one) => one !== "" && !words.connective.test(one) && !words.pronoun.test(one));
}

/** "거기 말고", "더 가까운 곳은?" */
function elsewhere(text: string, topics: readonly Topic[]): Resolved | undefined {
  const where = topics.findLast(
    ({ intent }) => intent === "location" || intent === "collection_point",
  );
  if (!where) return undefined;
  const which = text.includes("가까") ? "더 가까운" : "다른 곳";
  return { text: again(where, which), isFollowUp: true, things: where.things };
}

/** "모레는?", "부산은?" */
function anotherDay(content: readonly string[], topics: readonly Topic[]): Resolved | undefined {
  if (content.length === 0 || !content.every((one) => words.timeOrPlace.test(one)))
    return undefined;
  const asked = topics.findLast(({ intent }) => intent === "weather" || intent === "location");
  if (!asked) return undefined;
  const bare = content.map((one) => one.replace(/(?:은|는|에는|엔|도)?(?:요)?[?!.~]{0,9}$/, ""));
  return { text: again(asked, bare.join(" ")), isFollowUp: true, things: [] };
}

/** "그럼 뚜껑은?": a part, of the thing before. */
function completePart(
  content: readonly string[],
  topics: readonly Topic[],
  thingsIn: Things,
): Resolved | undefined {
  const parts = content.flatMap((one) => words.part.exec(one)?.[1] ?? []);
  const isOnlyParts = content.every((one) => words.part.test(one) || words.predicate.test(one));
  const whole = topics.findLast(({ things }) => things.length > 0)?.things[0];
  if (parts.length === 0 || !isOnlyParts || whole === undefined) return undefined;
  const said = content.filter((one) => !words.part.test(one)).join(" ");
  const text = `${whole} ${parts.join(" ")} ${said === "" ? "어떻게 버려?" : whenThrown(said)}`;
  return { text, isFollowUp: true, things: [...new Set([whole, ...thingsIn(parts.join(" "))])] };
}

const particles =
  /^(?:은|는|이|가|도|을|를|랑|이랑|하고|요|은요|는요|도요|이는|이요|때는|경우는|경우엔)*[?!.,~…ㅋㅎ]*$/;

/** "유리병은?", "유리병도?": a thing and no question. */
function carry(
  text: string,
  things: readonly string[],
  topics: readonly Topic[],
): Resolved | undefined {
  let left = text;
  for (const thing of things) left = left.replace(thing, " ");
  const last = topics.findLast(({ intent }) => intent !== "general");
  const ask = last && asking[last.intent];
  if (things.length === 0 || !ask || !contentOf(left).every((one) => particles.test(one))) {
    return undefined;
  }
  return { text: ask(things.join(", ")), isFollowUp: true, things };
}

const oncemore =
  /^(?:왜\S*|더|자세히|설명\S*|알려\S*|말해\S*|줘\S*|주세요|좀|번만|한|어떻게|그래\S*|정말\S*|진짜\S*|\s)*[?!.]*$/;
const ordinals = /^(?:맨|처음에?|첫|번째로?|둘|다|둘이?|두|개|가지|다시|거|건|것|게|걸|은|는)$/;

/** No thing at all: the one before is meant. */
function complete(
  text: string,
  content: readonly string[],
  topics: readonly Topic[],
): Resolved | undefined {
  const last = topics.at(-1);
  const said = content
    .filter((one) => !ordinals.test(one))
    .join(" ")
    .replace(/캐릭터\S* (?=그려)/, ""); // the name that takes its place says so
  const isOnceMore = oncemore.test(said);
  const isFirst = words.firstOfAll.test(text);
  if (last && isOnceMore && last.things.length === 0 && !isFirst) {
    return { text: last.ask, isFollowUp: true, things: [] };
  }
  const withThings = topics.filter(({ things }) => things.length > 0);
  const topic = isFirst ? withThings[0] : withThings.at(-1);
  if (!topic) return undefined;
  const things = words.both.test(text) ? lastThings(topics, 2) : topic.things;
  const whole = things.join(", ");
  const ask = asking[topic.intent] ?? asking.waste;
  const asked = isOnceMore && ask ? ask(whole) : `${whole} ${whenThrown(said)}`;
  return { text: asked, isFollowUp: true, things };
}

/** "씻어야 해?" is asked of throwing away, though no word says so. */
function whenThrown(said: string): string {
  const isSaid =
    /버|배출|처리|재활용|분리|시세|가격|얼마|수거|수수료|스티커|신청|값|보증금|무료|그려|캐릭|이름|폐기|내놓|내놔/;
  return isSaid.test(said) ? said : `버릴 때 ${said}`;
}

function lastThings(topics: readonly Topic[], count: number): string[] {
  const named = topics.flatMap(({ things }) => things);
  return [...new Set(named.toReversed())].slice(0, count).reverse();
}

/** The last question, asked of another place or day. */
function again({ ask, intent }: Topic, where: string): string {
  const without =
    intent === "weather"
      ? /(?:오늘|내일|모레|글피|주말)(?:은|는|에)?\s?/g
      : /다른 곳|더 가까운|근처|주변|가까운/g;
  return `${where} ${ask.replaceAll(without, "").replaceAll(/\s+/g, " ").trim()}`;
}
