#!/usr/bin/python3
"""Calls that our style does not use, and what is used instead.

    calls.py TREE    exits 1 and says where one is
"""
import re

import sources

INSTEAD = {
    "strcpy": "strlcpy",
    "strcat": "strlcat",
    "strncpy": "strlcpy",
    "strncat": "strlcat",
    "sprintf": "snprintf",
    "vsprintf": "vsnprintf",
    "gets": "fgets",
    "strtok": "strsep",
    "atoi": "text_to_int",
    "atol": "text_to_int",
    "atoll": "text_to_int",
    "localtime": "localtime_r",
    "gmtime": "gmtime_r",
    "ctime": "walltime_format",
    "asctime": "walltime_format",
    "system": "fork and exec_child",
    "popen": "fork and exec_child",
    "alloca": "a fixed buffer or malloc",
    "signal": "sigaction or the event loop",
    "sleep": "a timer of the event loop",
    "usleep": "a timer of the event loop",
    "nanosleep": "a timer of the event loop",
    "tmpnam": "mkstemp",
    "mktemp": "mkstemp",
}
CALL = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(INSTEAD))


def problems(tree):
    for path in sources.files(tree, "src"):
        lines = sources.code(sources.read(tree, path)).split("\n")
        for number, line in enumerate(lines, 1):
            for name in CALL.findall(line):
                yield f"{path}:{number}: {name}() is not used here: {INSTEAD[name]}"


sources.main(problems)
