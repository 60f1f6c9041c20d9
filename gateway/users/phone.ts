/** `010-1234-5678` of any way to write a Korean mobile number, also with +82; undefined for anything else. */
export function normalisePhone(text: string): string | undefined {
  const digits = text.replace(/\D/g, "").replace(/^82/, "0").replace(/^00/, "0");
  if (/^010\d{8}$/.test(digits))
    return `${digits.slice(0, 3)}-${digits.slice(3, 7)}-${digits.slice(7)}`;
  if (/^01\d{8}$/.test(digits))
    return `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)}`;
  return undefined;
}
