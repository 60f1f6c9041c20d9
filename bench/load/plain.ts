// Text a paced model can say that a reader can know beforehand: no stamps in it.
const mixed = "페트병은 라벨을 떼고 헹궈서 버린다 abc ";
/** Where a token is one character, it is to be one byte too. */
const narrow = "abcdefghij klmnopqrst uvwxyz ";

/** The nth token, of so many characters. */
export function plainToken(n: number, chars: number): string {
  const alphabet = chars === 1 ? narrow : mixed;
  const from = (n * chars) % alphabet.length;
  return alphabet.repeat(Math.ceil((from + chars) / alphabet.length)).slice(from, from + chars);
}

/** All of an answer. */
export function plainText(tokens: number, chars: number): string {
  return Array.from({ length: tokens }, (_, n) => plainToken(n, chars)).join("");
}
