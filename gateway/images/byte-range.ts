interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The part a `Range` header asks for: undefined for the whole (no range, several, or another unit), "none" when it
 * is outside. `size` is at least 1. Source: RFC 9110, 14.2.
 */
export function byteRange(
  header: string | undefined,
  size: number,
): ByteRange | "none" | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (!match) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const count = Math.min(Number(last), size);
    return count === 0 ? "none" : { from: size - count, to: size - 1 };
  }
  const from = Number(first);
  const to = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < from) return undefined; // not a range at all
  return from >= size ? "none" : { from, to };
}
