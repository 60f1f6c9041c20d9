/** Words that forms are filled with when nobody has a number. */
const placeholder = /place|phone|address/i;

/**
 * A telephone number as `02-123-4567`; null for placeholders and for what is none. The first one counts when a cell
 * holds several.
 */
export function cleanPhone(text: string | null | undefined): string | null {
  if (!text || placeholder.test(text)) return null;
  const first = text.normalize("NFKC").split(/[,/~;]|\s{2}/)[0] ?? "";
  const digits = first.replace(/\D/g, "").replace(/^82/, "0");
  // what lost its leading zero in a spreadsheet
  const whole = /^(?:2|[3-6][1-4]|70|10)\d{7,8}$/.test(digits) ? `0${digits}` : digits;
  if (/^1[568]\d{6}$/.test(whole)) return `${whole.slice(0, 4)}-${whole.slice(4)}`;
  const match = /^(02|0\d{2}|050\d)(\d{3,4})(\d{4})$/.exec(whole);
  return match ? match.slice(1).join("-") : null;
}
