import fc from "fast-check";

// A world in which everybody lies: names whose addresses change with every look-up, pages that send on to anywhere,
// addresses in every way of writing. What is public is said here a second time, on numbers, from IANA's registries of
// special-purpose addresses (2026-11), so that the guard is not measured by its own list.

const special4: readonly (readonly [first: string, last: string])[] = [
  ["0.0.0.0", "0.255.255.255"],
  ["10.0.0.0", "10.255.255.255"],
  ["100.64.0.0", "100.127.255.255"],
  ["127.0.0.0", "127.255.255.255"],
  ["169.254.0.0", "169.254.255.255"],
  ["172.16.0.0", "172.31.255.255"],
  ["192.0.0.0", "192.0.0.255"],
  ["192.0.2.0", "192.0.2.255"],
  ["192.88.99.0", "192.88.99.255"],
  ["192.168.0.0", "192.168.255.255"],
  ["198.18.0.0", "198.19.255.255"],
  ["198.51.100.0", "198.51.100.255"],
  ["203.0.113.0", "203.0.113.255"],
  ["224.0.0.0", "255.255.255.255"],
];

const number4 = (text: string): number =>
  text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const text4 = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
const isPublic4 = (value: number): boolean =>
  !special4.some(([first, last]) => value >= number4(first) && value <= number4(last));

/** The eight groups of an IPv6 address, undefined for any other text. */
function groupsOf(text: string): number[] | undefined {
  if (!/^[\da-f:.]+$/i.test(text) || !text.includes(":")) return undefined;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const low = dotted ? number4(dotted[2] ?? "") : 0;
  const plain = dotted
    ? `${dotted[1]}${Math.floor(low / 65536).toString(16)}:${(low % 65536).toString(16)}`
    : text;
  const [head = "", tail] = plain.split("::");
  const read = (part: string) =>
    part === "" ? [] : part.split(":").map((one) => parseInt(one, 16));
  const before = read(head);
  const after = tail === undefined ? [] : read(tail);
  const length = Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array.from({ length }, () => 0), ...after];
}

/** Whether this text is an address of the public internet, by the registries. */
export function isReallyPublic(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return text4(number4(text)) === text && isPublic4(number4(text));
  const groups = groupsOf(text);
  if (groups?.length !== 8) return false;
  const [a = 0, b = 0] = groups;
  if (a < 0x2000 || a > 0x3fff) return false; // mapped, NAT64, local, multicast: none is global unicast
  if (a === 0x2001 && (b < 0x0200 || b === 0x0db8)) return false; // Teredo, ORCHID, benchmarks, documentation
  if (a === 0x2002) return false; // 6to4 carries an IPv4 address
  return !(a === 0x3fff && b < 0x1000);
}

const byte = fc.nat(255);
const any4 = fc.tuple(byte, byte, byte, byte).map((parts) => parts.join("."));
/** Edges of every special network, and just beyond them. */
const edge4 = fc
  .constantFrom(...special4.flatMap(([first, last]) => [number4(first), number4(last)]))
  .chain((value) => fc.integer({ min: value - 1, max: value + 1 }))
  .filter((value) => value >= 0 && value < 2 ** 32)
  .map(text4);
const inner4 = fc.constantFrom(
  "127.0.0.1",
  "10.0.0.5",
  "169.254.169.254",
  "0.0.0.0",
  "192.168.1.1",
);
const hex = fc.nat(0xffff).map((value) => value.toString(16));
const any6 = fc.array(hex, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(":"));
/** An IPv4 address in the clothes of an IPv6 one: mapped, compatible, NAT64, local NAT64, 6to4. */
const carrying6 = fc
  .tuple(fc.constantFrom("::ffff:", "::", "64:ff9b::", "64:ff9b:1::"), fc.oneof(inner4, any4))
  .map(([prefix, address]) => `${prefix}${address}`);
const sixToFour = inner4.map((address) => {
  const value = number4(address);
  return `2002:${Math.floor(value / 65536).toString(16)}:${(value % 65536).toString(16)}::1`;
});
const known6 = fc.constantFrom(
  "::",
  "::1",
  "fe80::1",
  "fc00::1",
  "fd12::1",
  "ff02::1",
  "2001::1",
  "2001:1ff::1",
  "2001:200::1",
  "2001:db8::1",
  "3fff::1",
  "3fff:1000::1",
  "100::1",
  "5f00::1",
);
const public4 = any4.filter(isReallyPublic);
const public6 = any6.map((text) => `2606${text.slice(text.indexOf(":"))}`);

/** What a resolver may answer: mostly addresses, sometimes something no resolver should. */
export const address: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: public4, weight: 6 },
  { arbitrary: public6, weight: 3 },
  { arbitrary: fc.oneof(inner4, edge4, any4), weight: 3 },
  { arbitrary: fc.oneof(carrying6, sixToFour, known6, any6), weight: 3 },
  { arbitrary: fc.oneof(public6, known6).map((text) => `${text}%eth0`), weight: 1 },
  { arbitrary: fc.constantFrom("", "localhost", "0177.0.0.1", "0x7f.1", "2130706433"), weight: 1 },
);

/** One address in the ways people write it to get past a filter. */
export const spelled4: fc.Arbitrary<string> = fc
  .tuple(fc.oneof(inner4, public4, edge4), fc.nat(8))
  .map(([text, way]) => {
    const value = number4(text);
    const parts = text.split(".").map(Number);
    const [a = 0, b = 0] = parts;
    const octal = (part: number) => `0${part.toString(8)}`;
    const hexed = (part: number) => `0x${part.toString(16)}`;
    switch (way) {
      case 0:
        return String(value);
      case 1:
        return hexed(value);
      case 2:
        return octal(value);
      case 3:
        return parts.map(octal).join(".");
      case 4:
        return parts.map(hexed).join(".");
      case 5:
        return `${a}.${value % 2 ** 24}`;
      case 6:
        return `${a}.${b}.${value % 65536}`;
      case 7:
        return `${text}.`;
      default:
        return text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
    }
  });

/** Names of the world; each has a resolver that may answer differently every time. */
export const names = [
  "one.example",
  "two.example",
  "three.example.",
  "xn--o39aom47k.example",
  "UPPER.example",
] as const;

export const host: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constantFrom<string>(...names, "분리배출.example", "ｏne.example"), weight: 8 },
  { arbitrary: spelled4, weight: 2 },
  { arbitrary: fc.oneof(known6, carrying6, public6).map((text) => `[${text}]`), weight: 2 },
  {
    arbitrary: fc.constantFrom("localhost", "localhost.", "[fe80::1%25eth0]", "nobody.example"),
    weight: 1,
  },
);

/** A URL of the world, sometimes one that must not be followed. */
export const worldUrl: fc.Arbitrary<string> = fc
  .record({
    scheme: fc.oneof(
      { arbitrary: fc.constant("http"), weight: 12 },
      { arbitrary: fc.constantFrom("ftp", "file", "gopher", "data", "ws"), weight: 1 },
    ),
    user: fc.oneof(
      { arbitrary: fc.constant(""), weight: 12 },
      { arbitrary: fc.constantFrom("me@", "me:pw@", "one.example@", ":@", "@"), weight: 1 },
    ),
    host,
    port: fc.oneof(
      { arbitrary: fc.constant(""), weight: 12 },
      { arbitrary: fc.constantFrom(":80", ":443", ":22", ":6379", ":"), weight: 1 },
    ),
    path: fc.constantFrom(
      "/a",
      "/b",
      "/c",
      "//one.example/a",
      "/a?b=http://10.0.0.1/",
      "/%2e%2e/a",
    ),
  })
  .map(({ scheme, user, host: at, port, path }) => `${scheme}://${user}${at}${port}${path}`);
