import { type FakeServer, startFake } from "./fake-server.ts";

export type KecoRow = Readonly<Record<string, string | number | null>>;

/** The platform's own errors; -401 comes with either status. */
export const kecoErrors = {
  badKey: { status: 401, body: '{"code":-401,"msg":"유효하지 않은 인증키 입니다."}' },
  notSubscribed: { status: 200, body: '{"code":-4,"msg":"등록되지 않은 인증키 입니다."}' },
  badDataset: { status: 400, body: '{"code":-3,"msg":"등록되지 않은 서비스 입니다."}' },
  traffic: { status: 200, body: '{"code":-10,"msg":"트래픽을 초과하였습니다."}' },
} as const;

/** Collection points. `ignoresFilters`: as datasets that do not declare them do. */
export function fakeKeco(
  rows: readonly KecoRow[],
  options: { readonly ignoresFilters?: boolean } = {},
): FakeServer {
  return startFake(({ query }) => {
    const filters = [...query].flatMap(([name, value]) => {
      const column = /^cond\[(.+)::LIKE\]$/.exec(name)?.[1];
      return column === undefined || options.ignoresFilters ? [] : [{ column, value }];
    });
    const matching = rows.filter((row) =>
      filters.every(({ column, value }) => String(row[column] ?? "").includes(value)),
    );
    const page = Number(query.get("page") ?? 1);
    const perPage = Number(query.get("perPage") ?? 10);
    const data = matching.slice((page - 1) * perPage, page * perPage);
    return Response.json({
      page,
      perPage,
      totalCount: rows.length,
      currentCount: data.length,
      matchCount: matching.length,
      data,
    });
  });
}
