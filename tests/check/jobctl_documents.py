#!/usr/bin/python3
"""Compares jobctl(1) with what `jobctl help` prints from its table of commands.

    jobctl_documents.py JOBCTL MAN    exits 1 and says what differs
"""
import re
import subprocess
import sys

MACROS = {"Oo", "Oc", "Op", "Ar", "Cm", "Ns", "No"}


def run(jobctl, *arguments):
    return subprocess.run([jobctl, *arguments], capture_output=True, text=True, check=True).stdout


def words_of_usage(usage):
    """["[-f]", "NAME"] -> ["-f", "NAME"], in order, without brackets and blanks."""
    return [word for word in re.sub(r"[\[\]]", " ", usage).split() if word]


def table(jobctl):
    """name, of one word or two -> (words of the usage without it, options that are accepted)"""
    listing = run(jobctl, "help").split("\n\n")[1]
    commands = {}
    for name in [re.split(" {2,}", line.strip())[0] for line in listing.splitlines()]:
        text = run(jobctl, "help", *name.split())
        usage = words_of_usage(text.splitlines()[0].removeprefix(f"usage: jobctl {name}"))
        options = re.findall(r"^  (-\S+)", text.partition("\nOptions:\n")[2], re.MULTILINE)
        commands[name] = usage, options
    return commands


def words_of_macros(line):
    """.It Cm tail Oo Fl f Oc Ar NAME -> ["tail", "-f", "NAME"]"""
    words, flag, joined = [], False, False
    for word in line.split()[1:]:
        if word == "Fl":
            flag = True
        elif word == "Ns":
            joined = True
        elif word in MACROS:
            flag = flag and joined
        elif flag:
            words.append("-" + word)
            flag = joined = False
        else:
            words.append(word)
    return words


def entries(path, commands):
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.startswith(".It Cm ")]
    manual = {}
    for words in map(words_of_macros, lines):
        count = 2 if " ".join(words[:2]) in commands else 1
        manual[" ".join(words[:count])] = words[count:]
    return manual


def differences(commands, manual):
    for name in sorted(commands.keys() - manual.keys()):
        yield f"{name}: not in the manual"
    for name in sorted(manual.keys() - commands.keys()):
        yield f"{name}: in the manual only"
    for name, (usage, options) in commands.items():
        if name in manual and manual[name] != usage:
            yield f"{name}: the manual says {manual[name]}, the help {usage}"
        named = {"-N" if word == "-BYTES" else word for word in usage if word.startswith("-")}
        for option in sorted(named ^ set(options)):
            yield f"{name}: {option} is not both in the usage and among the options"


def main():
    commands = table(sys.argv[1])
    if len(commands) < 10:
        sys.exit("the help lists hardly any command: is it still read right?")
    found = list(differences(commands, entries(sys.argv[2], commands)))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


main()
