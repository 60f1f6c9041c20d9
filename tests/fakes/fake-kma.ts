import { type FakeServer, startFake } from "./fake-server.ts";
import { publicDataErrors } from "./public-data-errors.ts";

export interface KmaFakeOptions {
  /** Issues (`YYYYMMDDHHMM`) that are not out yet: the service answers NODATA. */
  readonly missing?: readonly string[];
  /** Observed values by category. */
  readonly observed?: Readonly<Record<string, string>>;
  /** Forecast values by `YYYYMMDDHHMM`, then category. */
  readonly forecast?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The weather service's three endpoints. */
export function fakeKma(options: KmaFakeOptions = {}): FakeServer {
  const { missing = [], observed = {}, forecast = {} } = options;
  return startFake(({ path, query }) => {
    const base = { baseDate: query.get("base_date"), baseTime: query.get("base_time") };
    if (missing.includes(`${base.baseDate}${base.baseTime}`)) {
      return new Response(publicDataErrors.noData.body);
    }
    const grid = { nx: Number(query.get("nx")), ny: Number(query.get("ny")) };
    if (path.endsWith("/getUltraSrtNcst")) {
      const rows = Object.entries(observed).map(([category, obsrValue]) => ({
        ...base,
        category,
        ...grid,
        obsrValue,
      }));
      return Response.json(envelope(rows));
    }
    const rows = Object.entries(forecast).flatMap(([at, values]) =>
      Object.entries(values).map(([category, fcstValue]) => ({
        ...base,
        category,
        fcstDate: at.slice(0, 8),
        fcstTime: at.slice(8),
        fcstValue,
        ...grid,
      })),
    );
    return Response.json(
      rows.length > 0 ? envelope(rows) : JSON.parse(publicDataErrors.noData.body),
    );
  });
}

function envelope(item: readonly unknown[]) {
  return {
    response: {
      header: { resultCode: "00", resultMsg: "NORMAL_SERVICE" },
      // one row comes without its list
      body: {
        dataType: "JSON",
        items: { item: item.length === 1 ? item[0] : item },
        pageNo: 1,
        numOfRows: 10,
        totalCount: item.length,
      },
    },
  };
}
