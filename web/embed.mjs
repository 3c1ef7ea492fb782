// Writes the files of a directory as C++: node embed.mjs DIRECTORY OUTPUT.cpp. See http/web/page_file.hpp.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
// What a browser loads at the first visit, compressed.
const bytesMax = 250 * 1024;

const [directory, output] = process.argv.slice(2);

function* filesOf(folder, prefix = "") {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)))
    if (entry.isDirectory()) yield* filesOf(join(folder, entry.name), `${prefix}${entry.name}/`);
    else yield `${prefix}${entry.name}`;
}

/** A string literal; octal escapes have three digits at most, so what follows is never taken in. */
function literal(buffer) {
  const lines = [];
  for (let at = 0; at < buffer.length; at += 100) {
    let line = "";
    for (const byte of buffer.subarray(at, at + 100)) {
      const plain = byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 && byte !== 63;
      line += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
    }
    lines.push(`"${line}"`);
  }
  return lines.length ? lines.join("\n") : '""';
}

let total = 0;
const rows = [];
for (const path of filesOf(directory)) {
  const type = types[extname(path)];
  if (!type) throw new Error(`${path}: embed.mjs knows no content type for this extension`);
  const plain = readFileSync(join(directory, path));
  const gzip = gzipSync(plain, { level: 9 });
  total += gzip.length;
  const tag = createHash("sha256").update(plain).digest("hex").slice(0, 16);
  rows.push(`{"${path === "index.html" ? "" : path}", "${type}", "W/\\"${tag}\\"", ${path.startsWith("assets/")},
std::string_view{${literal(gzip)}, ${gzip.length}},
std::string_view{${literal(plain)}, ${plain.length}}}`);
}
if (!rows.some((r) => r.startsWith('{""'))) throw new Error(`${directory} has no index.html`);
if (total > bytesMax) throw new Error(`the page has ${total} bytes compressed; at most ${bytesMax} are allowed`);

writeFileSync(
  output,
  `// Written by web/embed.mjs.
#include "http/web/page_file.hpp"

namespace callboard {

namespace {

const page_file files[] = {
${rows.join(",\n")}};

} // namespace

std::span<const page_file> page_files() {
  return files;
}

} // namespace callboard
`,
);
console.log(`the dashboard: ${rows.length} files, ${Math.round(total / 1024)} KiB compressed`);
