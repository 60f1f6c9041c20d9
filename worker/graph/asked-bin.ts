import type { Middle } from "../knowledge/classes.ts";
import type { Finding } from "../knowledge/retrieve.ts";
import type { WasteAdvice } from "../llm/facts.ts";

/** Words that name a bin as well as things. */
const binWords =
  /^(?:종이류?|종이팩|플라스틱류?|비닐류?|캔류?|금속류?|고철|유리류?|유리병|병|스티로폼|(?:투명 ?)?페트병?|일반 ?쓰레기|종량제(?: ?봉투)?|음식물(?: ?쓰레기)?|음쓰|재활용|의류|옷|건전지|형광등)$/;
/** What follows a bin in a question: "종이로 버려?", "의류수거함에 넣어?", "플라스틱인가요?" */
const asBin =
  /^(?:류)?(?: ?(?:전용 ?)?(?:수거 ?함|배출 ?함|함|통))?(?:에다|에|으로|로)(?:는|도)? ?(?:같이 |그냥 )?(?:버|내놓|배출|넣|분리|처리|치|가|들어)|^(?:류)?(?: ?쓰레기)?(?:이야|야|인가|인지|가요|이에요|예요|에요|맞|임|니|죠|지요?|이죠)/;

/**
 * "영수증은 종이로 버려?" names one thing and supposes a bin: the bin is no second thing to be explained, and
 * the question wants a yes or a no.
 */
export function withoutAskedBin(
  message: string,
  findings: readonly Finding[],
): { findings: readonly Finding[]; asked: WasteAdvice["asked"] } {
  const text = message.normalize("NFC").replaceAll(/\s+/g, " ");
  const asked = findings.filter(({ matched }, i) => {
    const at = text.indexOf(matched);
    const after = text.slice(at + matched.length);
    return i > 0 && at > 0 && binWords.test(matched) && asBin.test(after);
  });
  const things = findings.filter((one) => !asked.includes(one));
  const [thing] = things;
  const [bin] = asked;
  if (!thing || !bin) {
    const supposed = supposedBin(text, findings);
    if (!thing || supposed === undefined) return { findings, asked: undefined };
    const tags = thing.tags.filter(({ group }) => group !== "재질");
    return { findings: [{ ...thing, tags }], asked: verdict(thing, supposed) };
  }
  return {
    findings: things,
    asked:
      asked.length === 1 && things.length === 1
        ? verdict(thing, bin.item?.middle ?? bin.rule.middle)
        : undefined,
  };
}

const bins: readonly (readonly [Middle, RegExp])[] = [
  ["종이", /종이(?!팩|컵|상자|박스)(.*)/],
  ["종이팩", /종이팩(.*)/],
  ["플라스틱류", /플라스틱(.*)/],
  ["비닐류", /비닐(.*)/],
  ["금속류", /(?:캔|고철|금속)(.*)/],
  ["유리병", /유리병?(.*)/],
  ["발포합성수지", /스티로폼(.*)/],
  ["일반종량제폐기물", /(?:종량제(?: ?봉투)?|일반 ?쓰레기)(.*)/],
  ["음식물류폐기물", /(?:음식물(?: ?쓰레기)?|음쓰)(.*)/],
];

/**
 * A class word that is no finding of its own: the thing's own class ("과자봉지 비닐이야?"), or one that reads as
 * a material ("멜라민 그릇도 플라스틱이에요?").
 */
function supposedBin(text: string, findings: readonly Finding[]): Middle | undefined {
  const [only] = findings;
  if (!only?.item || findings.length > 1) return undefined;
  const after = text.slice(text.indexOf(only.matched) + only.matched.length);
  return bins.find(([, pattern]) => {
    const rest = pattern.exec(after)?.[1];
    return rest !== undefined && asBin.test(rest);
  })?.[0];
}

const rerouted = ({ tags }: Finding) =>
  tags.find(({ implies }) => implies.reroute !== undefined)?.implies.reroute;

function verdict(thing: Finding, supposed: string): WasteAdvice["asked"] {
  const { item, rule } = thing;
  const changed = rerouted(thing);
  if (changed !== undefined) return changed === supposed ? "yes" : "no";
  if ((item?.middle ?? rule.middle) === supposed) return "yes";
  const isSometimes = item?.alternatives?.some(({ middle }) => middle === supposed) ?? false;
  return isSometimes ? "depends" : "no";
}
