#!/usr/bin/python3
"""Compares jobd.conf.full and jobd.conf(5) with the tables of options that conf_options prints.

    conf_documents.py TABLES full              prints what jobd.conf.full must be
    conf_documents.py TABLES man               prints the bare entries for jobd.conf(5)
    conf_documents.py TABLES check FULL MAN    exits 1 and says what differs
"""
import re
import sys
import textwrap
from collections import namedtuple

Option = namedtuple("Option", "section name type initial example effect builtin summary words")

# How each section begins in the reference file, and what is said about it.
SECTIONS = {
    "-": (None, "Options outside of sections."),
    "program": ("program web {", "A program that jobd keeps running.  There may be any number of these sections."),
    "job": ("job report {", "A command that runs by the calendar or on demand.  There may be any number of these sections."),
    "scheduler": ("scheduler {", "The built-in that keeps the calendar and the queue; it runs when there is a job."),
    "runner": ("runner {", "The built-in that runs the commands of jobs; it runs when there is a job."),
    "logger": ("logger {", "The built-in that writes the output of all programs, and what they all have unless they say otherwise."),
    "control": ("control {", "The control socket.  root and jobd's own user may always do everything."),
}
BUILTINS = ("scheduler", "runner", "logger")
EFFECTS = {
    "live": None,
    "next": "A change takes effect at the next start.",
    "restart": "A change restarts the program.",
    "refuse": "A change needs a new jobd; until then a reload is refused.",
}
BARE = ("bool", "number", "duration", "size", "mode", "signal", "word", "numbers", "readiness")

HEAD = """\
# Every option of jobd.conf with its default, or with an example where it has none ("An example:").
# What they mean in full is said in jobd.conf(5).  Take out the '#' in front of what you need.
"""


def read_tables(path):
    with open(path, encoding="utf-8") as file:
        return [Option(*line.rstrip("\n").split("\t")) for line in file]


def shown(option):
    """The value as it is written in the reference file."""
    value = option.initial if option.initial != "-" else option.example
    if option.type == "list":
        return '{ "%s" }' % value
    if option.type == "numbers":
        return "{ %s }" % value
    return value if option.type in BARE else '"%s"' % value


def comment(text, indent):
    return [line for line in textwrap.wrap(text, 100, initial_indent=indent + "# ", subsequent_indent=indent + "# ")]


def taken(options):
    return [option for option in options if option.section == "program" and option.builtin == "builtin"]


def full(options):
    lines = HEAD.splitlines()
    for section, (begin, text) in SECTIONS.items():
        indent = "    " if begin else ""
        lines += [""] + comment(text, "")
        lines += ["#" + begin] if begin else []
        own = {option.name for option in options if option.section == section}
        if section in BUILTINS:
            names = [option.name for option in taken(options) if option.name not in own]
            lines += comment("It takes these options of program too: " + ", ".join(names) + ".", indent)
        for option in options:
            if option.section != section:
                continue
            unset = "" if option.initial != "-" else "  An example:"
            lines += [""] + comment(option.summary + unset, indent)
            lines.append("%s#%s = %s" % (indent, option.name, shown(option)))
        lines += ["#}"] if begin else []
        if section == "program":
            lines += ["", "# Its database, for the examples of after and requires.", "#program db {", '    #command = "postgres"', "#}"]
    return "\n".join(lines) + "\n"


def man_entry(option):
    lines = [".It Ic %s No = Ar %s" % (option.name, option.type)] + textwrap.wrap(option.summary, 80)
    if option.type == "word" or (option.type == "text" and option.words != "-"):
        words = option.words.split(" ")
        lines.append("One of")
        lines += [".Ql %s%s" % (word, " ," if word != words[-1] else " .") for word in words]
    if option.initial != "-":
        lines += ["The default is", ".Ql %s ." % option.initial]
    if EFFECTS[option.effect]:
        lines.append(EFFECTS[option.effect])
    return lines


def man(options):
    lines = []
    for section in SECTIONS:
        lines += [".\\\" " + section]
        for option in options:
            if option.section == section:
                lines += man_entry(option)
    return "\n".join(lines) + "\n"


def man_sections(text):
    """{section: {option: lines of its entry}}; a list of options begins with .\\" options of SECTION."""
    sections, entries, entry = {}, None, None
    for line in text.splitlines():
        begin = re.match(r'\.\\" options of (\S+)$', line)
        item = re.match(r"\.It Ic (\S+) No = Ar \S+$", line)
        if begin:
            entries = sections.setdefault(begin.group(1), {})
        elif line == '.\\" end of options':
            entries = entry = None
        elif item and entries is not None:
            if item.group(1) in entries:
                raise SystemExit("jobd.conf.5: %s is there twice" % item.group(1))
            entry = entries[item.group(1)] = [line]
        elif entry is not None:
            entry.append(line)
    return sections


def has_lines(entry, wanted):
    """The wanted lines stand in the entry, in order, perhaps with others between them."""
    rest = iter(entry)
    return all(line in rest for line in wanted)


def check_man(options, text):
    sections = man_sections(text)
    problems = []
    for section in SECTIONS:
        entries = sections.get(section, {})
        wanted = {option.name: option for option in options if option.section == section}
        problems += ["%s: %s is no option" % (section, name) for name in entries if name not in wanted]
        for name, option in wanted.items():
            if name not in entries:
                problems.append("%s: %s is missing" % (section, name))
            elif not has_lines(entries[name], man_entry(option)):
                problems.append("%s: %s should say:\n    %s" % (section, name, "\n    ".join(man_entry(option))))
            elif option.initial == "-" and "The default is" in entries[name]:
                problems.append("%s: %s has no default" % (section, name))
    return problems


def check(options, full_path, man_path):
    problems = []
    with open(full_path, encoding="utf-8") as file:
        if file.read() != full(options):
            problems.append("jobd.conf.full is not what the tables say; make it anew with: conf_documents.py TABLES full")
    with open(man_path, encoding="utf-8") as file:
        problems += ["jobd.conf.5: " + problem for problem in check_man(options, file.read())]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def main(arguments):
    options = read_tables(arguments[0])
    if arguments[1] == "check":
        return check(options, *arguments[2:4])
    sys.stdout.write({"full": full, "man": man}[arguments[1]](options))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
