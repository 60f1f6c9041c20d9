import { type FakeServer, startFake } from "./fake-server.ts";

/** The real bodies of errors. */
export const naverErrors = {
  badKey: {
    status: 401,
    body: '{"errorMessage":"NID AUTH Result Invalid (1000) : Authentication failed.","errorCode":"024"}',
  },
  dayQuota: { status: 429, body: '{"errorMessage":"API 호출 한도 초과","errorCode":"010"}' },
  rate: { status: 429, body: '{"errorMessage":"Rate limit exceeded.","errorCode":"012"}' },
  badQuery: { status: 400, body: '{"errorMessage":"Incorrect query request","errorCode":"SE01"}' },
  inside: { status: 500, body: '{"errorMessage":"System Error","errorCode":"SE99"}' },
  insideGood: { status: 200, body: '{"errorMessage":"System Error","errorCode":"SE99"}' },
} as const;
export const newsDataErrors = {
  badKey: {
    status: 401,
    body: '{"status":"error","results":{"message":"The provided API key is not valid.","code":"Unauthorized"}}',
  },
  quota: {
    status: 429,
    body: '{"status":"error","results":{"message":"You have exceeded your assigned API credits.","code":"RateLimitExceeded"}}',
  },
  badQuery: {
    status: 422,
    body: '{"status":"error","results":{"message":"query too long","code":"UnsupportedQueryLength"}}',
  },
  inside: {
    status: 500,
    body: '{"status":"error","results":{"message":"Internal error","code":"InternalServerError"}}',
  },
  insideGood: {
    status: 200,
    body: '{"status":"error","results":{"message":"Internal error","code":"InternalServerError"}}',
  },
} as const;

export interface NaverItem {
  readonly title?: string;
  readonly originallink?: string;
  readonly link?: string;
  readonly description?: string;
  readonly pubDate?: string;
}

/** Naver's news search. `items` are what any query finds; a wrong key is refused. */
export function fakeNaver(items: () => readonly NaverItem[]): FakeServer {
  return startFake(({ path, headers, query }) => {
    if (path !== "/v1/search/news.json") return new Response(null, { status: 404 });
    const isKnown =
      headers.get("x-naver-client-id") === "id" &&
      headers.get("x-naver-client-secret") === "secret";
    if (!isKnown) return Response.json(JSON.parse(naverErrors.badKey.body), { status: 401 });
    const found = items().slice(0, Number(query.get("display") ?? 10));
    return Response.json({
      lastBuildDate: "Sun, 18 Jan 2026 10:00:00 +0900",
      total: found.length,
      start: 1,
      display: found.length,
      items: found,
    });
  });
}

/** NewsData's latest articles. */
export function fakeNewsData(results: () => readonly Record<string, unknown>[]): FakeServer {
  return startFake(({ path, query }) => {
    if (path !== "/api/1/latest") return new Response(null, { status: 404 });
    if (query.get("apikey") !== "key")
      return Response.json(JSON.parse(newsDataErrors.badKey.body), { status: 401 });
    const found = results();
    return Response.json({
      status: "success",
      totalResults: found.length,
      results: found,
      nextPage: "17",
    });
  });
}

export const rssFeed = `<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>환경신문</title>
<item><title><![CDATA[<b>재활용</b> & 분리배출]]></title><link>https://press.example/rss/1?a=1&amp;b=2</link>
<description>&lt;p&gt;라벨을 &amp;amp; 떼요&lt;/p&gt;</description><pubDate>2026-01-18 09:30:00</pubDate>
<media:thumbnail url="https://img.example/1.png"/></item>
<item><title>&b; 둘째</title><link>https://press.example/rss/2</link><pubDate>Sun, 18 Jan 2026 00:30:00 GMT</pubDate>
<enclosure url="https://img.example/2.jpg" type="image/jpeg"/></item>
<item><title>소리</title><guid>https://press.example/rss/3</guid><pubDate>Sun, 18 Jan 2026 00:10:00 GMT</pubDate>
<enclosure url="https://img.example/3.mp3" type="audio/mpeg"/></item>
<item><title>날짜 없음</title><link>https://press.example/rss/4</link></item>
<item><title>나쁜 주소</title><link>javascript:alert(1)</link><pubDate>Sun, 18 Jan 2026 00:10:00 GMT</pubDate></item>
</channel></rss>`;
export const atomFeed = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>AI</title>
<entry><title>인공지능</title><link rel="self" href="https://press.example/self"/>
<link href="https://press.example/atom/1"/><summary>요약</summary><updated>2026-01-18T09:30:00+09:00</updated></entry></feed>`;

/** A site: feeds and article pages by path. */
export function fakePress(pages: Readonly<Record<string, string>>): FakeServer {
  return startFake(({ path }) => {
    const page = pages[path];
    if (page === undefined) return new Response("nothing", { status: 404 });
    const type = page.startsWith("<?xml") ? "application/rss+xml" : "text/html; charset=utf-8";
    return new Response(page, { headers: { "content-type": type } });
  });
}
