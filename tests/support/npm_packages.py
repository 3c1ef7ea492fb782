"""Packages of npm for a test, in the build tree."""
import os
import shutil
import subprocess


def install(source, place):
    """`npm ci` in `place`, of the list of packages in `source`, when it is another one than the last time."""
    os.makedirs(place, exist_ok=True)
    stamp = os.path.join(place, "installed.json")
    with open(os.path.join(source, "package-lock.json"), encoding="utf-8") as lock:
        wanted = lock.read()
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as installed:
            if installed.read() == wanted:
                return
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(os.path.join(source, name), place)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"],
                   cwd=place, check=True)
    with open(stamp, "w", encoding="utf-8") as installed:
        installed.write(wanted)
