#!/usr/bin/python3
"""Files and folders that the documents name exist, src/README.md names every folder of src, configuration that the
documents show, in a block marked ```conf, loads, and commands of jobctl that they show are there.

    documents.py TREE CONF_OPTIONS JOBCTL    exits 1 and says what is wrong
"""
import functools
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
# A path from the top of the tree, in text or in a command.
PLACE = re.compile(r"(?<![\w./<-])(?:src|man|etc|tests|contrib)/[\w./-]*[\w/]")
# A program, where it is built.
BUILT = re.compile(r"src/([\w-]+)/\1|tests/check/conf_options")
# What stands in src/README.md in code marks and looks like a source.
SOURCE = re.compile(r"`([\w./-]+\.[ch])`")
# A command in code marks, without the options that stand before it.
COMMAND = re.compile(r"`jobctl(?: --json| -[cr] \S+)*((?: [^`]+)?)`")
CONFIGURATION = re.compile(r"^```conf\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documents(tree):
    found = [path for pattern in ("*.md", "src/*.md", "contrib/**/*.md") for path in sorted(tree.glob(pattern))]
    return [path for path in found if "node_modules" not in path.parts]


def named_places(tree, path):
    text = path.read_text(encoding="utf-8")
    for link in LINK.findall(text):
        if "://" not in link and not link.startswith("mailto:") and not (path.parent / link).exists():
            yield f"{path.relative_to(tree)}: there is no {link}"
    if path.parent.parts[-1:] != ("src",):
        for place in PLACE.findall(text):
            if not (tree / place).exists() and not BUILT.fullmatch(place) and "NOUN" not in place:
                yield f"{path.relative_to(tree)}: there is no {place}"


def named_sources(tree, text):
    """A name without a folder means the folder of the one before it on the line, as in `jobd/a.c`, `b.c`."""
    src = tree / "src"
    for line in text.splitlines():
        folder = None
        for name in SOURCE.findall(line):
            if "/" in name:
                folder = Path(name).parent
            elif folder is not None:
                name = str(folder / name)
            else:
                continue
            if not any((base / name).is_file() for base in (src, src / "lib", tree)):
                yield f"src/README.md: there is no {name}"


def unnamed_folders(tree, text):
    folders = [path.name for path in (tree / "src").iterdir() if path.is_dir() and path.name != "lib"]
    folders += [f"lib/{path.name}" for path in (tree / "src/lib").iterdir() if path.is_dir()]
    for folder in sorted(folders):
        if f"`{folder}`" not in text and f"`{folder}/" not in text:
            yield f"src/README.md: {folder} is not named"


def shown_configuration(tree, path, loader):
    for block in CONFIGURATION.findall(path.read_text(encoding="utf-8")):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(block)
            file.flush()
            result = subprocess.run([loader, file.name], capture_output=True, text=True)
            if result.returncode != 0:
                yield f"{path.relative_to(tree)}: does not load: {result.stderr.strip()}"


@functools.cache
def help_of(jobctl, *words):
    """What jobctl says about a command, or None if there is none of these words."""
    result = subprocess.run([jobctl, "help", *words], capture_output=True, text=True)
    return result.stdout if result.returncode == 0 else None


def shown_commands(tree, path, jobctl):
    for command in COMMAND.findall(path.read_text(encoding="utf-8")):
        words = command.split()
        if not words or words[0].startswith("-"):
            continue
        # "queue pause" is a command of two words, "queue NAME" is one.
        text = help_of(jobctl, *words[:2]) if len(words) > 1 and words[1].islower() else None
        text = text or help_of(jobctl, words[0])
        options = [word for word in words if re.fullmatch(r"-\w|--[\w-]+", word)]
        if text is None:
            yield f"{path.relative_to(tree)}: jobctl has no command '{words[0]}'"
        for option in options if text else ():
            if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text):
                yield f"{path.relative_to(tree)}: 'jobctl {words[0]}' has no option {option}"


def main():
    tree = Path(sys.argv[1])
    problems = [problem for path in documents(tree) for problem in named_places(tree, path)]
    problems += [problem for path in documents(tree) for problem in shown_configuration(tree, path, sys.argv[2])]
    problems += [problem for path in documents(tree) for problem in shown_commands(tree, path, sys.argv[3])]
    text = (tree / "src/README.md").read_text(encoding="utf-8")
    problems += named_sources(tree, text)
    problems += unnamed_folders(tree, text)
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


sys.exit(main())
