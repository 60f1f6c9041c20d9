import * as v from "valibot";
import { LooseText } from "../../shared/apis/wire.ts";

/** Empty and `해당없음` are unknown. */
const Said = v.pipe(
  LooseText,
  v.transform((value) => (value === "해당없음" ? null : value)),
);

/** `18:00` from `18:00`, `1800`, `18:00:00` or `900`; null for anything else. */
const Time = v.pipe(
  Said,
  v.transform((value) => {
    const match = /^(\d{1,2}):?(\d{2})(?::?\d{2})?$/.exec(value ?? "");
    if (!match) return null;
    const [hour, minute] = [Number(match[1]), Number(match[2])];
    if (hour > 24 || minute > 59) return null;
    return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
  }),
);

/** `월+수+금`, `월,수,금` and `매일` as a list. */
const Days = v.pipe(
  Said,
  v.transform((value) => (value ?? "").split(/[+,·/\s]+/).filter((day) => day !== "")),
);

export const ZoneRow = v.object({
  CTPV_NM: v.pipe(Said, v.string()),
  SGG_NM: v.pipe(Said, v.string()),
  MNG_ZONE_NM: Said,
  MNG_ZONE_TRGT_RGN_NM: Said,
  EMSN_PLC_TYPE: Said,
  EMSN_PLC: Said,
  LF_WST_EMSN_MTHD: Said,
  LF_WST_EMSN_DOW: Days,
  LF_WST_EMSN_BGNG_TM: Time,
  LF_WST_EMSN_END_TM: Time,
  FOD_WST_EMSN_MTHD: Said,
  FOD_WST_EMSN_DOW: Days,
  FOD_WST_EMSN_BGNG_TM: Time,
  FOD_WST_EMSN_END_TM: Time,
  RCYCL_EMSN_MTHD: Said,
  RCYCL_EMSN_DOW: Days,
  RCYCL_EMSN_BGNG_TM: Time,
  RCYCL_EMSN_END_TM: Time,
  TMPRY_BULK_WASTE_EMSN_MTHD: Said,
  TMPRY_BULK_WASTE_EMSN_PLC: Said,
  TMPRY_BULK_WASTE_EMSN_BGNG_TM: Time,
  TMPRY_BULK_WASTE_EMSN_END_TM: Time,
  UNCLLT_DAY: Said,
  MNG_DEPT_NM: Said,
  MNG_DEPT_TELNO: Said,
  DAT_UPDT_PNT: Said,
  DAT_CRTR_YMD: Said,
});

/** How one kind of waste goes out; null when the row says nothing about it. */
interface Putting {
  readonly method: string | null;
  /** `월`, `수`, … or `매일`. */
  readonly days: readonly string[];
  /** `18:00`, Seoul. */
  readonly from: string | null;
  readonly to: string | null;
}

export interface DisposalZone {
  readonly province: string;
  readonly district: string;
  readonly zone: string | null;
  /** The 동 it covers; empty means all of the district. */
  readonly towns: readonly string[];
  readonly place: string | null;
  readonly general: Putting | null;
  readonly food: Putting | null;
  readonly recyclables: Putting | null;
  readonly bulk: (Putting & { readonly place: string | null }) | null;
  readonly noCollection: string | null;
  readonly office: string | null;
  readonly phone: string | null;
  /** When the municipality last changed the row, as it wrote it. */
  readonly updated: string | null;
}

function putting(
  method: string | null,
  days: readonly string[],
  from: string | null,
  to: string | null,
): Putting | null {
  const says = method !== null || days.length > 0 || from !== null || to !== null;
  return says ? { method, days, from, to } : null;
}

export function readZone(row: v.InferOutput<typeof ZoneRow>): DisposalZone {
  const bulk = putting(
    row.TMPRY_BULK_WASTE_EMSN_MTHD,
    [],
    row.TMPRY_BULK_WASTE_EMSN_BGNG_TM,
    row.TMPRY_BULK_WASTE_EMSN_END_TM,
  );
  const towns = row.MNG_ZONE_TRGT_RGN_NM;
  return {
    province: row.CTPV_NM,
    district: row.SGG_NM,
    zone: row.MNG_ZONE_NM,
    towns: towns === null || towns === "없음" ? [] : towns.split("+").map((town) => town.trim()),
    place: row.EMSN_PLC ?? row.EMSN_PLC_TYPE,
    general: putting(
      row.LF_WST_EMSN_MTHD,
      row.LF_WST_EMSN_DOW,
      row.LF_WST_EMSN_BGNG_TM,
      row.LF_WST_EMSN_END_TM,
    ),
    food: putting(
      row.FOD_WST_EMSN_MTHD,
      row.FOD_WST_EMSN_DOW,
      row.FOD_WST_EMSN_BGNG_TM,
      row.FOD_WST_EMSN_END_TM,
    ),
    recyclables: putting(
      row.RCYCL_EMSN_MTHD,
      row.RCYCL_EMSN_DOW,
      row.RCYCL_EMSN_BGNG_TM,
      row.RCYCL_EMSN_END_TM,
    ),
    bulk: bulk && { ...bulk, place: row.TMPRY_BULK_WASTE_EMSN_PLC },
    noCollection: row.UNCLLT_DAY,
    office: row.MNG_DEPT_NM,
    phone: row.MNG_DEPT_TELNO,
    updated: row.DAT_UPDT_PNT ?? row.DAT_CRTR_YMD,
  };
}

/**
 * Of several rows about the same zone and the same kinds of waste, the last updated. Rows for different
 * kinds of waste stay side by side.
 */
export function keepNewest(zones: readonly DisposalZone[]): DisposalZone[] {
  const newest = new Map<string, DisposalZone>();
  for (const zone of zones) {
    const kinds = [zone.general, zone.food, zone.recyclables, zone.bulk].map(
      (kind) => kind !== null,
    );
    const key = [zone.province, zone.district, zone.zone, zone.towns, zone.place, kinds].join("|");
    const held = newest.get(key);
    if (!held || digits(zone.updated) > digits(held.updated)) newest.set(key, zone);
  }
  return [...newest.values()];
}

/** `2026-01-18 09:00` and `20260118` compare as digits. */
function digits(text: string | null): string {
  return (text ?? "").replace(/\D/g, "");
}
