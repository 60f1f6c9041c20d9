// 버리다 also ends other verbs ("잊어버렸어") and throws away what no bin takes ("버릇", "시간").

const abstract =
  "버릇|습관|시간|기회|미련|욕심|마음|맘|희망|꿈|생각|걱정|고민|기대|미움|편견|자존심|자존감|감정|기억|추억|집착|의심|욕망|고집|" +
  "선입견|불안|두려움|분노|죄책감|잡념|집중력|양심|체면|사랑|정|친구|남친|여친|남자친구|여자친구|애인|연인|가족|부모|자식|아이|아기|" +
  "강아지|고양이|반려견|반려묘|반려동물|유기견|유기묘|개|동물|나|날|저|너|널|우리|그녀|사람|목숨|직장|회사|학교|고향|조국|나라|돈|" +
  "점수|학점|경기|게임|하루|주말|휴가|인생|청춘|젊음|건강|몸|허리|무릎|눈|목|입맛|컨디션|체력|이미지|명예|자격|권리|책임|신앙|믿음|종교|본전";
const between =
  "(?:\\s*(?:다|못|안|그냥|확|싹|좀|또|자꾸|이제|막|통째로|전부|모두|쉽게|함부로|헛되이|괜히|따위|따위는))*\\s*";
const thrown = "(?:내\\s?)?버(?:리|려|릴|린|렸|립|림)[가-힣]*(?:\\s?(?:법|방법))?";

// Words are looked at from at most 12 letters before: a message of one endless word must not cost seconds.
const patterns: readonly RegExp[] = [
  // "버릇을 버리고 싶어", "시간 버렸다", "버려진 강아지"
  new RegExp(
    `(?:^|[\\s,.!?]|[가-힣]{0,12}?(?:던|한|은|는|의|운|쁜)\\s)(?:${abstract})(?:을|를|은|는|도|만|들을|들|이|가)?${between}${thrown}`,
    "g",
  ),
  new RegExp(`버려진\\s*(?:${abstract})`, "g"),
  // what ends like an idea: "열등감을 버리고", "고정관념을 버려라"
  new RegExp(
    `[가-힣]{1,12}(?:관념|의식|심|감|주의|욕|관|성|력|움)(?:을|를)${between}${thrown}`,
    "g",
  ),
  // auxiliary: a verb in -아/어, then 버리다: "잊어버렸어", "까먹어 버림", "가버린"
  /[가-힣]{0,12}(?:[어아여와워춰쳐져겨려켜펴혀셔줘둬꿔써꺼커퍼해]|(?:^|\s)(?:가|나|내|깨|타|자|싸|사|차)|나가|떠나|지나|끝나|끝내|보내|불타|달아나) ?버(?:리|려|릴|린|렸|립|림)[가-힣]*/g,
  // other verbs, where the past and the one word tell them from nouns: "말라버린", not "모자버리는법"
  /[가-힣]{1,12}(?:가|나|라|내|깨|타|자|싸|차)버(?:렸|린|림)[가-힣]*/g,
  // "내버려 둬", "버림받다", "버려지는 느낌"
  /내버려\s?(?:둬|두|뒀|두고)[가-힣]*/g,
  /버림\s?받[가-힣]*/g,
  /버려[진지][가-힣]*\s?(?:느낌|기분|것 ?같)[가-힣]*/g,
];

/** Verbs in -아/어 that are steps before throwing away, not auxiliaries: "씻어 버려?", "떼어 버려야 해?" */
const stepBefore =
  /(?:씻어|헹궈|떼어|떼내어|잘라|접어|펴|말려|눌러|찌그러뜨려|묶어|담아|넣어|싸|감싸|비워|모아|나눠|분리해|따로 ?해|어떻게 ?해|뜯어|벗겨|닦아|부숴|쪼개|내다) ?버/;

/** Takes out what only looks like throwing away. `removed` tells whether there was any. */
export function withoutIdioms(
  text: string,
  /** Whether a word ends in the name of a thing: "캐리어 버리는 법" holds no verb 캐리다. */
  namesThing: (word: string) => boolean,
): { text: string; removed: boolean } {
  let rest = text;
  for (const pattern of patterns) {
    rest = rest.replace(pattern, (found) => {
      const before = found.slice(0, found.lastIndexOf("버")).replace(/(?:을|를|\s){1,4}$/, "");
      return stepBefore.test(found) || namesThing(before.trim()) ? found : " ";
    });
  }
  return { text: rest, removed: rest !== text };
}
