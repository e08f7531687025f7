#!/usr/bin/python3
"""Includes point down only, and each library is included where it belongs.

    layering.py TREE    exits 1 and says which #include is wrong
"""
import re
from pathlib import PurePosixPath

import sources

# lib/NAME may include these folders of lib besides itself; programs may include all of lib and nothing of each other.
MAY_INCLUDE = {
    "base": [],
    "cron": ["base"],
    "conf": ["cron", "base"],
    "proto": ["base"],
    "exec": ["conf", "base"],
    "members": ["base"],
    "socket": ["conf", "proto", "base"],
}

# Header (or the beginning of its name) -> the folders that may include it, and how many files at most.
LIBRARIES = {
    "confuse.h": (["lib/conf"], 1),
    "sqlite3.h": (["jobd-scheduler"], 1),
    "zlib.h": (["jobd-logger", "jobd-web"], None),
    "jansson.h": (["lib/proto", "jobd-scheduler", "jobd-runner", "jobd-top", "jobd-web"], None),
    "curses.h": (["jobd-top"], None),
    "event2/": (["lib/socket", "jobd", "jobd-logger", "jobd-scheduler", "jobd-runner", "jobd-web", "jobd-outbox"], None),
    "openssl/ssl.h": (["jobd-scheduler"], 1),
    "openssl/": (["jobd-scheduler", "jobd-runner", "jobd-web"], None),
    "curl/": (["jobd-runner"], None),
    "dlfcn.h": (["jobd-runner"], 1),
    "microhttpd.h": (["jobd-web"], None),
    "crypt.h": (["jobd-web"], 1),
    "libpq-fe.h": (["jobd-outbox"], 1),
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def folder_of(path):
    """src/lib/base/log.c -> lib/base, src/jobd/main.c -> jobd"""
    parts = path.parts[1:]
    return "/".join(parts[:2]) if parts[0] == "lib" else parts[0]


def own_problem(folder, name, known):
    """What is wrong with #include "name" in this folder, or None; known: all headers as FOLDER/FILE below src."""
    target = PurePosixPath(name)
    if ".." in target.parts:
        return "steps out of its folder"
    if len(target.parts) == 1:
        return None if f"{folder}/{name}" in known else "is not in this folder"
    other = target.parts[0]
    if f"lib/{name}" in known:
        if folder in ("lib/" + other,) or not folder.startswith("lib/"):
            return None
        return None if other in MAY_INCLUDE[folder[4:]] else f"points up or sideways: {folder} may not include lib/{other}"
    if name not in known:
        return "does not exist"
    return None if other == folder else f"is another program's: {folder} may not include {other}"


def library_of(name):
    return next((library for library in LIBRARIES if name == library or (library[-1] == "/" and name.startswith(library))), None)


def problems(tree):
    paths = sources.files(tree, "src")
    known = {f"{folder_of(path)}/{path.name}" for path in paths if path.suffix == ".h"}
    users = {library: [] for library in LIBRARIES}
    for path in paths:
        folder = folder_of(path)
        if folder.startswith("lib/") and folder[4:] not in MAY_INCLUDE:
            yield f"{path}: {folder} is not in the table of {__file__}"
            continue
        for bracket, name in INCLUDE.findall(sources.read(tree, path)):
            if bracket == '"' and (problem := own_problem(folder, name, known)):
                yield f'{path}: "{name}" {problem}'
            if library := library_of(name):
                users[library].append(path)
                if folder not in LIBRARIES[library][0]:
                    yield f"{path}: <{name}> may not be included in {folder}"
    for library, (_, most) in LIBRARIES.items():
        if most is not None and len(users[library]) > most:
            yield f"<{library}> is included by more than {most}: {', '.join(map(str, users[library]))}"


sources.main(problems)
