import type { NewsCategory } from "../../shared/news/article.ts";

const byProvider: Readonly<Record<string, NewsCategory>> = {
  environment: "environment",
  world: "environment",
  lifestyle: "environment",
  business: "energy",
  science: "energy",
  technology: "ai",
  top: "ai",
};

const words: Readonly<Record<NewsCategory, readonly string[]>> = {
  environment: [
    ..."환경 재활용 분리배출 분리수거 폐기물 쓰레기 플라스틱 탄소 기후 온실가스 생태 미세먼지 일회용 업사이클 제로웨이스트 자원순환 오염".split(
      " ",
    ),
    ..."recycling recycle waste plastic climate carbon pollution environment environmental upcycling".split(
      " ",
    ),
  ],
  energy: [
    ..."에너지 태양광 풍력 원전 원자력 수소 배터리 전기차 전력 발전소 신재생 재생에너지 이차전지 충전소".split(
      " ",
    ),
    ..."energy solar wind nuclear hydrogen battery batteries ev evs power grid renewable".split(
      " ",
    ),
  ],
  ai: [
    ..."인공지능 챗봇 생성형 딥러닝 머신러닝 거대언어모델 알고리즘 로봇".split(" "),
    ..."ai llm chatgpt gpt openai gemini chatbot robot robotics genai".split(" "),
  ],
};

/** Latin words count whole: `EV` is not in `events`. Hangul words take particles, so they count wherever they begin. */
const patterns = Object.entries(words).map(([category, list]) => ({
  category: category as NewsCategory,
  latin: new RegExp(`(?<![a-z0-9])(?:${list.filter(isLatin).join("|")})(?![a-z0-9])`, "g"),
  hangul: new RegExp(list.filter((word) => !isLatin(word)).join("|"), "g"),
}));

function isLatin(word: string): boolean {
  return /^[a-z0-9]+$/.test(word);
}

/** Words of each category in a text; a word said twice counts twice. */
function score(text: string): { category: NewsCategory; hits: number }[] {
  const lower = text.toLowerCase();
  return patterns.map(({ category, latin, hangul }) => ({
    category,
    hits: (lower.match(latin)?.length ?? 0) + (lower.match(hangul)?.length ?? 0),
  }));
}

/** The first category with the most hits; undefined without any. */
function best(text: string): NewsCategory | undefined {
  const [first] = score(text).toSorted((a, b) => b.hits - a.hits);
  return first && first.hits > 0 ? first.category : undefined;
}

interface Classified {
  readonly title: string;
  readonly snippet: string;
  readonly keywords: readonly string[] | null;
  readonly ai_tag: string | null;
  /** The source's own words for it. */
  readonly hints: readonly string[];
}

/** What an article is about: the source's category, else its tags, else the words of title and snippet. */
export function classify(article: Classified): NewsCategory {
  for (const hint of article.hints) {
    const category =
      byProvider[hint.toLowerCase()] ?? (hint in words ? (hint as NewsCategory) : undefined);
    if (category) return category;
  }
  const tags = [...(article.keywords ?? []), article.ai_tag ?? ""].join(" ");
  return best(tags) ?? best(`${article.title} ${article.snippet}`) ?? "environment";
}
