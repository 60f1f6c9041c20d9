import { type FakeServer, startFake } from "./fake-server.ts";

/** The real bodies of errors. */
export const tavilyErrors = {
  badKey: { status: 401, body: '{"detail":{"error":"Unauthorized: missing or invalid API key."}}' },
  planLimit: {
    status: 432,
    body: '{"detail":{"error":"This request exceeds your plan\'s set usage limit."}}',
  },
  busy: {
    status: 429,
    body: '{"detail":{"error":"Your request has been blocked due to excessive requests."}}',
  },
} as const;

/** Tavily. A query containing `없는` finds nothing. */
export function fakeTavily(): FakeServer {
  return startFake(({ json }) => {
    const query = String(json["query"]);
    const results = [
      {
        title: "분리배출 안내",
        url: "https://www.example.kr/guide?a=1",
        content: "라벨을\n떼고   헹궈요.",
        score: 0.98,
        published_date: "2026-01-18",
      },
      { title: "나쁜 주소", url: "javascript:alert(1)", content: "x", score: 0.5 },
      { title: "주소 없음", content: "x", score: 0.4 },
    ];
    return Response.json({
      query,
      answer: null,
      images: [],
      results: query.includes("없는") ? [] : results,
      response_time: 0.4,
    });
  });
}

const hit = (href: string, title: string, snippet: string, extra = "") =>
  `<div class="result results_links web-result ${extra}"><div class="result__body">
  <h2 class="result__title"><a rel="nofollow" class="result__a" href="${href}">${title}</a></h2>
  <a class="result__snippet" href="${href}">${snippet}</a></div></div>`;

const resultPage = `<!DOCTYPE html><html><body><div id="links">
${hit("//duckduckgo.com/y.js?ad_domain=ad.kr&amp;u3=x", "광고", "사세요", "result--ad")}
${hit("//duckduckgo.com/l/?uddg=https%3A%2F%2Fa.kr%2F%EA%B8%80%3Fx%3D1%26y%3D2&amp;rut=1", "페트병 <b>분리</b>배출 &amp; 라벨", "라벨을 <b>떼고</b>")}
${hit("https://b.kr/2", "둘째", "헹궈요")}
</div></body></html>`;

const challenge = `<!DOCTYPE html><html><body><form id="challenge-form" action="//duckduckgo.com/anomaly.js"></form></body></html>`;

/** DuckDuckGo: the result page and the instant answer. A query with `막힌` meets the challenge, also at the latter. */
export function fakeDuckDuckGo(): FakeServer {
  return startFake(({ path, text, query }) => {
    if (path === "/html/") {
      const asked = new URLSearchParams(text).get("q") ?? "";
      if (/막힌|즉답/.test(asked)) return html(challenge);
      return html(asked.includes("없는") ? "<html><body>No results.</body></html>" : resultPage);
    }
    const isEmpty = /막힌|없는/.test(query.get("q") ?? "");
    const body = {
      Heading: isEmpty ? "" : "재활용",
      AbstractText: isEmpty ? "" : "다시 쓰는 일",
      AbstractURL: isEmpty ? "" : "https://ko.wikipedia.org/wiki/재활용",
      RelatedTopics: isEmpty
        ? []
        : [{ Topics: [{ Text: "분리배출", FirstURL: "https://duckduckgo.com/분리배출" }] }],
      Results: [],
    };
    return new Response(JSON.stringify(body), {
      headers: { "content-type": "application/x-javascript" },
    });
  });
}

function html(text: string): Response {
  return new Response(text, { headers: { "content-type": "text/html; charset=UTF-8" } });
}
