#!/usr/bin/python3
"""Every header begins with a comment that says what it is for, and is included once.

    headers.py TREE    exits 1 and says which header is wrong
"""
import re

import sources

BEGIN = re.compile(r"/\*\n(?P<comment>( \*[^\n]*\n)+?) \*/\n#ifndef (?P<mark>[A-Z0-9_]+_H)\n#define (?P=mark)\n", re.DOTALL)
WORDS_MIN = 4


def problems(tree):
    marks = {}
    for path in sources.files(tree, "src", suffixes=(".h",)):
        begin = BEGIN.match(sources.read(tree, path))
        if begin is None:
            yield f"{path}: does not begin with a comment and #ifndef NAME_H"
            continue
        words = begin["comment"].replace(" *", " ").split()
        if len(words) < WORDS_MIN or words[-1][-1] != ".":
            yield f"{path}: its comment is no sentence"
        if begin["mark"] in marks:
            yield f"{path}: {begin['mark']} is that of {marks[begin['mark']]}"
        marks[begin["mark"]] = path


sources.main(problems)
