import { expect, test } from "bun:test";
import { isImageKey, newImageKey } from "./image-key.ts";
import { isOwnImageUrl, ownImageKey } from "./own-image.ts";

const base = "https://api.eco2.example/api/v1/images/_cdn";
const name = "0123456789abcdef0123456789abcdef.png";

test("a picture of our store is known by its address", () => {
  expect(ownImageKey(`${base}/scan/${name}`, base)).toBe(`scan/${name}`);
  expect(isOwnImageUrl(`${base}/generated/${name}`, base)).toBe(true);
});

test.each([
  ["another host", `https://api.eco2.example.evil.test/api/v1/images/_cdn/scan/${name}`],
  ["a user in front", `https://api.eco2.example@evil.test/api/v1/images/_cdn/scan/${name}`],
  ["the base inside another address", `https://evil.test/?${base}/scan/${name}`],
  ["a way up", `${base}/scan/../../../chat`],
  ["an encoded way up", `${base}/scan/%2e%2e%2f${name}`],
  ["a query", `${base}/scan/${name}?x=1`],
  ["another channel", `${base}/secret/${name}`],
  ["no key", `${base}/`],
  ["another spelling of the scheme", `HTTPS://api.eco2.example/api/v1/images/_cdn/scan/${name}`],
])("%s is not ours", (_what, url) => expect(isOwnImageUrl(url, base)).toBe(false));

test.each([
  ["photo.JPG", "jpg"],
  ["../../etc/passwd", "bin"],
  ["C:\\photos\\me.PNG", "png"],
  ["a.tar.gz", "gz"],
  [".htaccess", "htaccess"],
  ["name.verylongextension", "bin"],
  ["사진.웹", "bin"],
  ["x.p/ng", "bin"],
])("of the name %s only the extension is kept", (filename, extension) => {
  const key = newImageKey("chat", filename);
  expect(key).toMatch(new RegExp(`^chat/[0-9a-f]{32}\\.${extension}$`));
  expect(isImageKey(key)).toBe(true);
});
