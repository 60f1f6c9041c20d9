/** Longer messages are read up to here: the walk over a text stays under a millisecond. */
const readChars = 1_000;

/**
 * A message without spaces and punctuation, in lower case. `starts[i]` and `ends[i]` say whether a word
 * began or ended at character `i` in what the person typed, and `places[i]` where that character stood.
 */
export type Text = {
  chars: string;
  starts: boolean[];
  ends: boolean[];
  places: number[];
  typed: string;
};

export function readText(message: string): Text {
  const typed = message.slice(0, readChars).normalize("NFC");
  const starts: boolean[] = [];
  const ends: boolean[] = [];
  const places: number[] = [];
  let chars = "";
  let inWord = false;
  for (let place = 0; place < typed.length; place++) {
    const char = typed.charAt(place).toLowerCase();
    if (char.length !== 1 || !isLetter(char)) {
      if (inWord) ends[ends.length - 1] = true;
      inWord = false;
      continue;
    }
    chars += char;
    starts.push(!inWord);
    ends.push(false);
    places.push(place);
    inWord = true;
  }
  if (inWord) ends[ends.length - 1] = true;
  return { chars, starts, ends, places, typed };
}

/** What the person typed for the characters from `start` up to `end`, spaces included. */
export function typedBetween(text: Text, start: number, end: number): string {
  return text.typed.slice(text.places[start] ?? 0, (text.places[end - 1] ?? 0) + 1);
}

/** The form in which names are compared: NFC, lower case, letters and digits only. */
export function normalise(name: string): string {
  return readText(name).chars;
}

/** Whether a Korean syllable closes with the given final consonant (27 finals, in Unicode order). */
export function endsWithFinal(text: string, final: "ㄴ" | "ㄹ" | "ㅁ" | "ㅆ"): boolean {
  const code = text.charCodeAt(text.length - 1) - 0xac00;
  if (!(code >= 0 && code < 11_172)) return false;
  return code % 28 === { ㄴ: 4, ㄹ: 8, ㅁ: 16, ㅆ: 20 }[final];
}

function isLetter(char: string): boolean {
  const code = char.charCodeAt(0);
  if (code >= 0xac00 && code <= 0xd7a3) return true;
  if (code < 0x80) return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
  return /[\p{L}\p{N}]/u.test(char);
}
