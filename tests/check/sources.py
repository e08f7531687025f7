"""What the guards know of C sources: which there are, and their text without comments and strings."""
import re
import sys
from pathlib import Path

LITERALS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def files(tree, *folders, suffixes=(".c", ".h")):
    """The sources below these folders as paths relative to the tree, sorted."""
    found = [path for folder in folders for path in (tree / folder).rglob("*") if path.suffix in suffixes]
    if not found:
        sys.exit(f"{tree}: no sources in {' '.join(folders)}")
    return sorted(path.relative_to(tree) for path in found)


def read(tree, path):
    return (tree / path).read_text(encoding="utf-8")


def code(text):
    """The text with comments and the insides of literals blanked, every line in its place."""

    def blank(match):
        literal = match.group()
        inside = re.sub(r"[^\n]", " ", literal[1:-1])
        return f'"{inside}"' if literal[0] == '"' else f" {inside} "

    return LITERALS.sub(blank, text)


def main(problems_of):
    """Runs a guard on the tree that is the first argument: exits 1 and says what is wrong."""
    problems = list(problems_of(Path(sys.argv[1])))
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(1 if problems else 0)
