import { expect, test } from "bun:test";
import { problemOfImageUrl } from "./image-url.ts";

test.each([
  "https://cdn.eco2.example/a.png",
  "http://8.8.8.8/a",
  "https://[2606:4700::1]/a",
  "https://eco2.example:443/a",
])("%s may be a picture", (url) => expect(problemOfImageUrl(url)).toBeUndefined());

test.each([
  "ftp://eco2.example/a",
  "data:image/png;base64,AA",
  "/a.png",
  "https://user:secret@eco2.example/a",
  "https://user@eco2.example/a",
  "https://eco2.example:8443/a",
  "http://localhost/a",
  "http://db.internal/a",
  "http://10.1.2.3/a",
  "http://0x7f.1/a",
  "http://2130706433/a",
  "http://169.254.169.254/latest/meta-data",
  "http://[::1]/a",
  "http://[::ffff:10.0.0.1]/a",
  "http://[fd00::1]/a",
  "http://[2002:7f00:1::]/a",
])("%s is refused", (url) => expect(problemOfImageUrl(url)).toBeString());
