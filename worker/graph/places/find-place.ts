import { findCenter } from "../../../shared/places/district-centers.ts";
import { provinceOf, readDistrict } from "../../../shared/places/regions.ts";
import { provincesOf, shortDistricts } from "./districts.ts";

/** A district a message names. */
export interface NamedDistrict {
  /** As services want it: `마포구`, `서울 중구`, `수원시 영통구`. */
  readonly name: string;
  /** Where it may lie: more than one when the name alone does not say. */
  readonly provinces: readonly string[];
}

const particle =
  "(?:청)?(?:은|는|이|가|을|를|에서는|에서|에는|에|의|로|으로|도|만|쪽|이랑|랑|과|와|인데|이에요|이야|살아|사는데)?";
const particleOnly = new RegExp(`^${particle}$`);
const word = /[가-힣]+/g;

interface Word {
  readonly text: string;
  readonly at: number;
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(word)].map((match) => ({ text: match[0], at: match.index }));
}

/** `서울에서` → `서울`; undefined when the word is no province. */
function provinceWord(text: string): string | undefined {
  const bare = new RegExp(`^(.+?)${particle}$`).exec(text)?.[1] ?? text;
  return provinceOf(text) ?? provinceOf(bare);
}

function districtWord(text: string): string | undefined {
  // the longest reading that is a name: 부산진구에서 is 부산진구, 강서구 is not 서구
  for (let end = text.length; end >= 2; end--) {
    const name = text.slice(0, end);
    const isWhole = particleOnly.test(text.slice(end));
    if (isWhole && provincesOf.has(name)) return name;
  }
  return undefined;
}

/** The district a message names; undefined when it names none. Only names that exist count. */
export function findDistrict(message: string): NamedDistrict | undefined {
  const words = wordsOf(message.normalize("NFC"));
  for (const [i, { text }] of words.entries()) {
    const name = districtWord(text);
    if (name === undefined) continue;
    const before = words[i - 1];
    const province = before && provinceWord(before.text);
    const city = before && districtWord(before.text);
    if (province && provincesOf.get(name)?.includes(province)) {
      const next = words[i + 1];
      const inner = name.endsWith("시") && next ? districtWord(next.text) : undefined;
      const isInner = inner?.endsWith("구") && provincesOf.get(inner)?.includes(province);
      return {
        name: [province, name, ...(isInner ? [inner] : [])].join(" "),
        provinces: [province],
      };
    }
    if (city?.endsWith("시") && name.endsWith("구"))
      return { name: `${city} ${name}`, provinces: provincesOf.get(city) ?? [] };
    const next = words[i + 1];
    const inner = name.endsWith("시") && next ? districtWord(next.text) : undefined;
    if (inner?.endsWith("구"))
      return { name: `${name} ${inner}`, provinces: provincesOf.get(name) ?? [] };
    return { name, provinces: provincesOf.get(name) ?? [] };
  }
  for (const { text } of words) {
    if (provinceWord(text) === "세종") return { name: "세종", provinces: ["세종"] };
    const short = provinceWord(text) ? undefined : shortName(text);
    if (short) return { name: short, provinces: provincesOf.get(short) ?? [] };
  }
  return undefined;
}

function shortName(text: string): string | undefined {
  for (let end = Math.min(4, text.length); end >= 2; end--) {
    const full = shortDistricts.get(text.slice(0, end));
    if (full && particleOnly.test(text.slice(end))) return full;
  }
  return undefined;
}

const station = /([가-힣A-Za-z0-9]{1,12}역)(?=$|[\s,.?!]|에|근|주|앞|쪽|은|이|의|으|로|과|와|도)/;
const notStations = /^(?:구|지|영|무|통|방|번|전|광)역$/;
const town = /([가-힣]{1,6}\d{0,2}(?:동|읍|면))(?=\s|에|근|주|쪽|$)/;
/** "버리려면", "운동": endings and words that only look like a 면 or a 동. */
const notTowns =
  /(?:려|으|리|하|되|가|오|라|러|이|있|없|싶)면$|^(?:활|운|자|이|행|전|노|아|수|공|작|감|냉|변|가|구|연|충|파|협|소)동$|^(?:화|표|측|정|전|뒷|앞|양|단|라|바닥|겉)면$/;
const street = /([가-힣]{2,10}(?:로|길)\s?\d{1,4}(?:번길)?(?:\s?\d{1,4})?)(?=\s|에|근|$)/;

/** The place a message names as people do, for a geocoder: 강남역, 역삼동, 테헤란로 152, 마포구. */
export function findPlaceName(message: string): string | undefined {
  const text = message.normalize("NFC");
  const district = findDistrict(text);
  const stop = station.exec(text)?.[1];
  if (stop && !notStations.test(stop)) return stop;
  const road = street.exec(text)?.[1];
  if (road) return road;
  const dong = town.exec(text)?.[1];
  if (dong && !notTowns.test(dong)) return district ? `${district.name} ${dong}` : dong;
  if (district) return district.name;
  return wordsOf(text)
    .map(({ text: one }) => provinceWord(one))
    .find((one) => one !== undefined);
}

/** Where a named place lies, roughly: a station, a district, else its city or province. Good enough for weather. */
export function centerOf(placeName: string): { latitude: number; longitude: number } | undefined {
  const { province, name } = readDistrict(placeName);
  const city = name.split(" ")[0] ?? "";
  const inCity = provincesOf.get(city) ?? [];
  const names = [
    placeName,
    `${province ?? ""} ${city}`,
    city,
    province,
    inCity.length === 1 ? inCity[0] : undefined,
  ];
  for (const one of names) {
    const center = one === undefined ? undefined : findCenter(one);
    if (center) return { latitude: center.latitude, longitude: center.longitude };
  }
  return undefined;
}
