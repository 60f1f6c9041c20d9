import { josa } from "es-hangul";
import type { WasteAdvice } from "./facts.ts";

const hazardLead: Readonly<Record<WasteAdvice["hazard"], string>> = {
  none: "",
  fire: "불이 날 수 있어요",
  toxic: "유해 물질이 있을 수 있어요",
  sharp: "다칠 수 있어요",
};

/** Everything about one thing: what it is, dangers first, the steps, what would be different. */
export function wasteBlock(advice: WasteAdvice, number: number | undefined): string {
  const lines: string[] = [];
  if (number !== undefined) lines.push(`### ${number}. ${advice.item ?? advice.matched}`, "");
  if (advice.isGentle && advice.notes !== undefined) return [...lines, advice.notes].join("\n");
  const warnings = warningLines(advice);
  if (advice.hazard !== "none") lines.push(...warnings, "");
  else if (advice.reroute === broken)
    lines.push("> ⚠️ **주의: 다칠 수 있어요.** 조각을 맨손으로 만지지 마세요.", "");
  lines.push(leadLine(advice), "");
  if (advice.hazard === "none" && warnings.length > 0) lines.push(...warnings, "");
  if (advice.stateAdvice.length > 0) {
    lines.push("**말씀하신 상태라면**", ...advice.stateAdvice.map((line) => `- ${line}`), "");
  }
  if (!advice.isUnsafe) lines.push(...wayLines(advice));
  const others = [
    ...advice.alternatives,
    ...advice.exceptions.map(({ what, goesTo }) => ({ when: what, goesTo })),
  ];
  const news = others.filter(({ goesTo }) => goesTo !== advice.reroute);
  if (news.length > 0 && !advice.isUnsafe) {
    lines.push("", "**이럴 때는 달라요**");
    lines.push(...news.map(({ when, goesTo }) => `- ${when} → ${label(goesTo)}`));
  }
  if (advice.confidence !== "A") lines.push("", `> ${localNote(advice)}`);
  return lines.join("\n").trim();
}

function leadLine(advice: WasteAdvice): string {
  const name = advice.item ?? advice.matched;
  const told = advice.notes ?? advice.summary;
  const verdict = advice.asked === undefined ? "" : verdicts[advice.asked];
  const topic = `${verdict}${named(advice)}`;
  if (advice.isUnsafe)
    return `${topic} 지금 상태로는 수거함에 넣지 말고, 불에 타지 않는 곳에 따로 둔 다음 주민센터나 관할 구청에 먼저 물어보세요.`;
  const usual = josa(label(advice.middle), "으로/로");
  if (advice.reroute) {
    const to = josa(label(advice.reroute), "으로/로");
    const said = `${topic} 보통 ${usual} 내놓지만, 말씀하신 상태라면 **${to}** 내놓아 주세요.`;
    return advice.reroute === washable ? `${said} ${told}` : said; // told of a whole one
  }
  if (advice.item === undefined || name === advice.middle)
    return `${topic} 이렇게 내놓아 주세요. ${told}`;
  return `${topic} **${usual}** 내놓아 주세요. ${told}`;
}

/** The steps and the place; for a thing whose state sends it elsewhere, that place. */
function wayLines(advice: WasteAdvice): string[] {
  const steps = advice.steps.map((step, i) => `${i + 1}. ${step}`);
  const place = [`**내놓는 곳** ${advice.destination}`, advice.destinationFallback ?? ""].filter(
    (line) => line !== "",
  );
  if (advice.reroute === undefined) {
    return [...(steps.length > 0 ? ["**이렇게 해 주세요**", ...steps, ""] : []), ...place];
  }
  const elsewhere = `**내놓는 곳** ${label(advice.reroute)}`;
  // what is dirty can be washed; what is broken stays so
  if (advice.reroute !== washable || steps.length === 0) return [elsewhere];
  return [elsewhere, "", "**깨끗이 닦인다면**", ...steps, "", ...place];
}

const washable = "일반종량제폐기물";
const broken = "불연성종량제폐기물";
const verdicts = { yes: "네, 맞아요. ", no: "아니요. ", depends: "경우에 따라 달라요. " } as const;

/** "**달걀껍데기**(계란껍질)는": what it is called here, and what the person called it. */
function named({ item, matched }: WasteAdvice): string {
  const name = item ?? matched;
  const [base = name, kind] = name.split(/[()]/);
  const isSame = base.replaceAll(/\s/g, "").includes(matched.replaceAll(/\s/g, ""));
  if (isSame) return `**${name}**${josa.pick(base, "은/는")}`;
  // two pairs of brackets read badly: 향수병 is a 화장품 용기 of 유리
  if (kind) return `**${matched}**(${base}·${kind})${josa.pick(matched, "은/는")}`;
  return `**${name}**(${matched})${josa.pick(name, "은/는")}`;
}

function warningLines(advice: WasteAdvice): string[] {
  const lead = hazardLead[advice.hazard];
  if (advice.warnings.length === 0) return lead === "" ? [] : [`> ⚠️ **주의: ${lead}.**`];
  return advice.warnings.map((warning, i) =>
    i === 0 && lead !== "" ? `> ⚠️ **주의: ${lead}.** ${warning}` : `> ⚠️ ${warning}`,
  );
}

/** Majors that are one class each say what kind of waste they are. */
function label(middle: string): string {
  const names: Readonly<Record<string, string>> = {
    일반종량제폐기물: "일반 종량제봉투",
    불연성종량제폐기물: "불연성 종량제봉투(특수규격마대)",
    음식물류폐기물: "음식물 쓰레기",
    대형폐기물: "대형폐기물",
    공사장생활폐기물: "공사장 생활폐기물",
    생활계유해폐기물: "생활계 유해폐기물",
  };
  return names[middle] ?? middle;
}

function localNote({ confidence, localNote: note }: WasteAdvice): string {
  const usual =
    confidence === "C"
      ? "지역마다 차이가 큰 품목이라 관할 구청이나 주민센터에 꼭 확인해 주세요."
      : "지역에 따라 조금 다를 수 있어요.";
  return note === undefined ? usual : `${usual} ${note}`;
}
