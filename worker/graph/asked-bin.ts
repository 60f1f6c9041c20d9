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
  const bins = findings.filter(({ matched }, i) => {
    const at = text.indexOf(matched);
    const after = text.slice(at + matched.length);
    return i > 0 && at > 0 && binWords.test(matched) && asBin.test(after);
  });
  const things = findings.filter((one) => !bins.includes(one));
  const [thing] = things;
  const [bin] = bins;
  if (!thing || !bin) return { findings, asked: undefined };
  return {
    findings: things,
    asked: bins.length === 1 && things.length === 1 ? verdict(thing, bin) : undefined,
  };
}

function verdict({ item, rule, tags }: Finding, bin: Finding): WasteAdvice["asked"] {
  const supposed = bin.item?.middle ?? bin.rule.middle;
  const changed = tags.find(({ implies }) => implies.reroute !== undefined)?.implies.reroute;
  if (changed !== undefined) return changed === supposed ? "yes" : "no";
  if ((item?.middle ?? rule.middle) === supposed) return "yes";
  const isSometimes = item?.alternatives?.some(({ middle }) => middle === supposed) ?? false;
  return isSometimes ? "depends" : "no";
}
