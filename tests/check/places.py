#!/usr/bin/python3
"""No file names a place on the machine where it was written: a home, or the folder of this checkout.

    places.py TREE [PLACE...]    exits 1 and says where one is; PLACE: more that must not be named
"""
import os
import re
import sys
from pathlib import Path

SKIPPED_FOLDERS = {".git", "node_modules", ".deps", "__pycache__", ".pytest_cache", "autom4te.cache", "build-aux", "m4", "_build", "_inst"}
SKIPPED_SUFFIXES = {".log", ".trs", ".o", ".a", ".pyc", ".service"}
# Somebody's home. Names of one letter are examples.
HOME = re.compile(r"(?<![\w.-])(?:/home/|/Users/)[A-Za-z]\w+|(?<![\w.-])/root/\w{2,}")


def generated(path):
    return path.suffix in SKIPPED_SUFFIXES or path.name in ("Makefile", "Makefile.in", "configure", "config.status", "aclocal.m4")


def texts(tree):
    """All files that people write, as far as they are text."""
    for folder, folders, names in os.walk(tree):
        inside = Path(folder) == tree
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS and not (inside and name.startswith("build"))]
        for name in names:
            path = Path(folder) / name
            if path.is_symlink() or generated(path):
                continue
            content = path.read_bytes()
            if b"\0" not in content:
                yield path.relative_to(tree), content.decode("utf-8", "replace")


def main():
    tree = Path(sys.argv[1])
    # A place like /src says too little to be looked for.
    places = [place.rstrip("/") for place in sys.argv[2:] if len(Path(place).parts) > 2]
    found = 0
    for path, text in texts(tree):
        for number, line in enumerate(text.splitlines(), 1):
            words = HOME.findall(line) + [place for place in places if place in line]
            for word in words:
                print(f"{path}:{number}: names {word}")
                found += 1
    return 1 if found else 0


sys.exit(main())
