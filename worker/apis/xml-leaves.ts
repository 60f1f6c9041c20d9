// Just enough XML for the public-data answers: leaf elements by name. No entities beyond the built-in ones,
// no DTD, no nesting; every search is a plain scan, so no input makes it slow.

const builtIn: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|quot|apos|amp));/gi, (...match) => {
    const [whole, decimal, hex, name] = match as [string, string?, string?, string?];
    if (name !== undefined) return builtIn[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : whole;
  });
}

/** What stands between the first `<name …>` and `</name>` from `from` on, and where it ended. */
function between(
  xml: string,
  name: string,
  from: number,
): { inner: string; end: number } | undefined {
  for (let at = xml.indexOf(`<${name}`, from); at >= 0; at = xml.indexOf(`<${name}`, at + 1)) {
    const after = xml[at + name.length + 1];
    if (after === undefined || !/[\s/>]/.test(after)) continue;
    const open = xml.indexOf(">", at);
    if (open < 0) return undefined;
    if (xml[open - 1] === "/") return { inner: "", end: open + 1 };
    const close = xml.indexOf(`</${name}`, open);
    if (close < 0) return undefined;
    return { inner: xml.slice(open + 1, close), end: close + name.length + 2 };
  }
  return undefined;
}

/** Text of the first element of this name, CDATA unwrapped; undefined when there is none. */
export function readLeaf(xml: string, name: string): string | undefined {
  const inner = between(xml, name, 0)?.inner.trim();
  if (inner === undefined) return undefined;
  if (inner.startsWith("<![CDATA[") && inner.endsWith("]]>")) return inner.slice(9, -3).trim();
  return decode(inner);
}

/** Every `<item>` as a flat record of its leaves. */
export function readItems(xml: string): Record<string, string>[] {
  const items: Record<string, string>[] = [];
  for (let item = between(xml, "item", 0); item; item = between(xml, "item", item.end)) {
    items.push(leavesOf(item.inner));
  }
  return items;
}

function leavesOf(xml: string): Record<string, string> {
  const leaves: Record<string, string> = {};
  const openings = /<([A-Za-z_][\w.-]*)/g;
  for (let match = openings.exec(xml); match; match = openings.exec(xml)) {
    const name = match[1] ?? "";
    const leaf = between(xml, name, match.index);
    if (!leaf) break; // unclosed: the rest cannot be trusted, nor scanned again and again
    leaves[name] = readLeaf(xml.slice(match.index, leaf.end + 1), name) ?? "";
    openings.lastIndex = leaf.end;
  }
  return leaves;
}
