#!/usr/bin/python3
"""Each program needs the libraries that its row in src/README.md names, and no others.

    linking.py README NAME=FILE...    exits 1 and says what differs
"""
import re
import subprocess
import sys

# Words of the table -> names of shared libraries without their versions.
LIBRARIES = {
    "libconfuse": "libconfuse",
    "libbsd": "libbsd",
    "libmd": "libmd",
    "libevent_core": "libevent_core",
    "zlib": "libz",
    "SQLite": "libsqlite3",
    "jansson": "libjansson",
    "libssl": "libssl",
    "libcrypto": "libcrypto",
    "libmicrohttpd": "libmicrohttpd",
    "libcrypt": "libcrypt",
    "libcurl": "libcurl",
    "libncursesw": "libncursesw",
    "libtinfo": "libtinfo",
    "libpq": "libpq",
}
# The C library and what older ones keep apart from it.
C_LIBRARY = {"libc", "libm", "libpthread", "librt", "ld-linux-x86-64", "ld-linux-aarch64", "ld-linux"}
# What --enable-sanitize brings along.
SANITIZERS = {"libasan", "libubsan", "libgcc_s", "libstdc++", "libdl", "libresolv"}


def table(path):
    """program -> (libraries that it needs, libraries that it may need besides)"""
    with open(path, encoding="utf-8") as file:
        rows = re.findall(r"^\| `([\w-]+)` \|[^|]*\|[^|]*\| ([^|]+) \|$", file.read(), re.MULTILINE)
    return {name: (words(re.sub(r"\(.*?\)", "", cell)), words(cell)) for name, cell in rows}


def words(cell):
    found = re.findall(r"[\w.-]+", cell)
    unknown = [word for word in found if word not in LIBRARIES]
    if unknown:
        sys.exit(f"README.md names a library that is not in the table of {__file__}: {' '.join(unknown)}")
    return {LIBRARIES[word] for word in found}


def needed(path):
    text = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
    names = re.findall(r"\(NEEDED\).*\[(.+)\]", text)
    return {re.sub(r"(-\d[\d.]*)?\.so(\.[\d.]+)?$", "", name) for name in names}


def problems(name, path, wanted, allowed):
    found = needed(path)
    if "libc" not in found:
        yield f"{name}: {path} is not linked with the C library: is it a program?"
    beside = C_LIBRARY | (SANITIZERS if "libasan" in found else set())
    for library in sorted(wanted - found):
        yield f"{name} does not need {library}, which src/README.md names"
    for library in sorted(found - allowed - beside):
        yield f"{name} needs {library}, which src/README.md does not name"


def main():
    rows = table(sys.argv[1])
    files = dict(argument.split("=", 1) for argument in sys.argv[2:])
    found = [f"{name} is not built" for name in rows.keys() - files.keys()]
    found += [f"{name} has no row in src/README.md" for name in files.keys() - rows.keys()]
    # One that need not be built has no path.
    for name in sorted(name for name in rows.keys() & files.keys() if files[name]):
        found += problems(name, files[name], *rows[name])
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


sys.exit(main())
