"""The dashboard in a real browser on a real scheduler: every page, every action, on a desktop and a phone.

python3 test_web.py PROGRAM BUILD_FOLDER [part ...]     parts: pure, serving, types, first_job, jobs, places, making, alerts, webhooks, reports, views
"""
import gzip
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "support")]
import harness  # pylint: disable=wrong-import-position
import npm_packages  # pylint: disable=wrong-import-position
import skips  # pylint: disable=wrong-import-position

BROWSER_PARTS = ("first_job", "jobs", "places", "making", "alerts", "webhooks", "reports", "views")
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


def check_types(packages, build):
    """TypeScript, strictly. The build of the page needs no types, so it has left those of the client where they are."""
    there = os.path.join("clients", "typescript", "src", "types")
    shutil.copytree(os.path.join(harness.ROOT, there), os.path.join(build, there), dirs_exist_ok=True)
    compiler = os.path.join(packages, "node_modules", "typescript", "bin", "tsc")
    subprocess.run(["node", compiler, "-p", os.path.join(build, "web", "tsconfig.json")], check=True)


def check_pure(build):
    """The functions without a browser, bundled by the esbuild that builds the page."""
    bundle = os.path.join(build, "tests", "web", "pure.mjs")
    esbuild = os.path.join(build, "web", "node_modules", "esbuild", "bin", "esbuild")
    subprocess.run(["node", esbuild, os.path.join(HERE, "pure.ts"), "--bundle", "--platform=node", "--format=esm",
                    "--log-level=warning", "--outfile=" + bundle], check=True,
                   env={**os.environ, "NODE_PATH": os.path.join(build, "web", "node_modules")})
    subprocess.run(["node", bundle], check=True)


def expect(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, not {wanted!r}")


def check_serving(s):
    """How the files come: compressed and plain, HEAD, 304, what may be kept, the policy, no page elsewhere."""
    status, plain, headers = s.raw("GET", "/")
    expect(status, 200, "GET /")
    expect(headers["Content-Type"], "text/html; charset=utf-8", "the page's type")
    expect(headers["Cache-Control"], "no-cache", "the page may not be kept unseen")
    expect(headers["Content-Security-Policy"], POLICY, "the policy")
    expect(headers["Content-Encoding"], None, "without Accept-Encoding")
    status, packed, headers = s.raw("GET", "/", headers={"Accept-Encoding": "br, gzip"})
    expect((status, headers["Content-Encoding"], headers["Vary"]), (200, "gzip", "Accept-Encoding"), "compressed")
    expect(gzip.decompress(packed), plain, "both forms are one page")
    status, body, _ = s.raw("GET", "/", headers={"If-None-Match": headers["ETag"]})
    expect((status, body), (304, b""), "a page that the browser has")
    status, body, head = s.raw("HEAD", "/")
    expect((status, body, head["Content-Length"]), (200, b"", str(len(plain))), "HEAD /")
    assets = re.findall(rb'(?:src|href)="\./([^"]+)"', plain)
    expect(len(assets) >= 3, True, f"script, style and icon in {plain!r}")
    total = len(packed)
    for name in assets:
        status, body, headers = s.raw("GET", "/" + name.decode(), headers={"Accept-Encoding": "gzip"})
        expect(status, 200, name)
        total += len(body)
        if name.startswith(b"assets/"):
            expect(headers["Cache-Control"], "public, max-age=31536000, immutable", name)
    expect(total < 250 * 1024, True, f"{total} bytes compressed")
    print(f"the page has {total} bytes compressed")
    for path in ("/nothing", "/assets/nothing.js", "/../etc/passwd", "/index.html.gz"):
        expect(s.raw("GET", path)[0], 404, path)
    expect(s.raw("POST", "/", b"{}", {"Content-Type": "application/json"})[0], 405, "POST /")
    expect(s.raw("GET", "/", headers={"Host": "evil.example", "Origin": "http://evil.example"})[0], 421, "another host")
    expect("GET /api/jobs" in s.call("GET", "/api")["endpoints"], True, "the endpoints")
    types = {t["type"]: t["schema"] for t in s.call("GET", "/api/schemas")["schemas"]}
    expect(types["exec"]["required"], ["argv"], "the schema of exec")
    first = s.call("GET", "/api/schemas?limit=2")
    expect((first["count"], first["next"]), (2, first["schemas"][1]["type"]), "a page of schemas")
    expect(s.call("GET", "/api/schemas?limit=1000&cursor=" + first["next"])["count"], len(types) - 2, "the others")


def run_browser(part, packages):
    with harness.Scheduler(workers=2, slots=4) as s:
        done = subprocess.run(["node", os.path.join(HERE, part + ".mjs"), f"http://{s.host}:{s.port}"], check=False,
                              env={**os.environ, "CALLBOARD_WEB_MODULES": packages})
        if done.returncode != 0:
            raise AssertionError(f"{part} failed\n{s.log_tail()}")


def main():
    harness.PROGRAM, build, parts = sys.argv[1], sys.argv[2], sys.argv[3:]
    skips.need({"node": "nodejs", "npm": "npm", "chromium": "chromium"})
    packages = os.path.join(build, "tests", "web", "packages")
    npm_packages.install(HERE, packages)
    if not parts or "types" in parts:
        check_types(packages, build)
    if not parts or "pure" in parts:
        check_pure(build)
    if not parts or "serving" in parts:
        with harness.Scheduler(workers=1) as s:
            check_serving(s)
    for part in BROWSER_PARTS:
        if not parts or part in parts:
            run_browser(part, packages)


if __name__ == "__main__":
    main()
