// The same words, the way a dictionary spells them: rules then need one spelling of each.

const spoken: readonly (readonly [RegExp, string])[] = [
  [/어케|어캐|어떡게|어떠케|우째|어찌/g, "어떻게"],
  [/어떡(?=[하해])/g, "어떻게 "],
  [/(^|\s)낼(?=\s|모레|$)/g, "$1내일"],
  [/날시/g, "날씨"],
  [/어[딨딧]/g, "어디 있"],
  [/요새/g, "요즘"],
  [/(^|\s)젤(?=\s)/g, "$1제일"],
  [/마니(?=\s|$)/g, "많이"],
  [/(^|\s)머(?=[야지임가를]|$)/g, "$1뭐"],
  [/센타/g, "센터"],
  [/알미늄/g, "알루미늄"],
  [/장농/g, "장롱"],
  [/리사이클/g, "재활용"],
  // contains another word for looking things up
  [/카드 ?뉴스/g, "카드그림"],
];

/** Lower case, one space at a time, slang and common misspellings written out. */
export function plain(message: string): string {
  let text = message.normalize("NFC").toLowerCase().replaceAll(/\s+/g, " ").trim();
  for (const [pattern, written] of spoken) text = text.replace(pattern, written);
  return text;
}
