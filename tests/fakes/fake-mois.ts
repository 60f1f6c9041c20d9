import { type FakeServer, startFake } from "./fake-server.ts";
import { publicDataErrors } from "./public-data-errors.ts";

export type MoisRow = Readonly<Record<string, string>>;

/** Shapes in which the same rows may come. */
export type MoisShape = "items.item" | "bare list" | "single object" | "xml";

/** Household waste by district, filtered as the service does: by part of the district's name. */
export function fakeMois(rows: readonly MoisRow[], shape: MoisShape = "items.item"): FakeServer {
  return startFake(({ query }) => {
    const wanted = query.get("cond[SGG_NM::LIKE]") ?? "";
    const matching = rows.filter((row) => row["SGG_NM"]?.includes(wanted));
    if (matching.length === 0) return new Response(publicDataErrors.noData.body);
    const size = Number(query.get("numOfRows"));
    const from = (Number(query.get("pageNo")) - 1) * size;
    const page = matching.slice(from, from + size);
    if (shape === "xml") return new Response(toXml(page));
    const list = shape === "single object" ? page[0] : page;
    return Response.json({
      response: {
        header: { resultCode: "0", resultMsg: "정상" },
        body: {
          pageNo: 1,
          numOfRows: size,
          totalCount: matching.length,
          items: shape === "bare list" ? list : { item: list },
        },
      },
    });
  });
}

function toXml(rows: readonly MoisRow[]): string {
  const items = rows.map((row) => {
    const leaves = Object.entries(row).map(([name, value]) => `<${name}>${value}</${name}>`);
    return `<item>${leaves.join("")}<EMPTY/></item>`;
  });
  return `<?xml version="1.0"?><response><header><resultCode>00</resultCode></header><body><items>${items.join("")}</items></body></response>`;
}
