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

# The tables; one inside another is named after both.
SECTIONS = ("-", "program", "program.check", "job", "job.breaker", "job.mail", "queue", "webhook", "outbox", "outboxes", "alerts", "alert", "notify", "scheduler", "runner", "logger", "http", "smtp", "smtp.breaker", "control")

# What a job that asks a URL is said with.
HTTP = (
    "get", "post", "put", "patch", "delete", "headers", "body", "secret", "secret_file", "signature_header",
    "ca_file", "proxy", "tls_verify", "connect_timeout",
)

# The sections of the reference file: of which table, how it begins, what is said about it, and which of the options it shows.
Example = namedtuple("Example", "section begin text shows")
EXAMPLES = (
    Example("-", None, "Options outside of sections.", None),
    Example("program", "program web {", "A program that jobd keeps running.  There may be any number of these sections.", None),
    Example(
        "job",
        "job report {",
        "A type of job.  There may be any number of these sections.  This one runs a command, by the calendar or on demand.",
        lambda option: option.section == "job" and option.name not in HTTP,
    ),
    Example(
        "job",
        "job push {",
        "A job that asks a URL.  It takes the options of the job above too, but for command and shell.",
        lambda option: option.section == "job.breaker" or option.name in HTTP,
    ),
    Example(
        "job",
        "job welcome {",
        "A job that is an e-mail.  It takes the options of the first job too, but for command and shell.",
        lambda option: option.section == "job.mail",
    ),
    Example("queue", "queue mailers {", "The limits of a queue; a queue needs no section to exist.", None),
    Example(
        "webhook",
        "webhook sale {",
        "A path at which others push a job by a signed request.  There may be any number of these sections.",
        None,
    ),
    Example(
        "outbox",
        "outbox app {",
        "Rows of a PostgreSQL database that become jobs.  There may be any number of these sections.",
        None,
    ),
    Example("outboxes", "outboxes {", "The built-in that reads the rows of all outboxes; it runs when there is one.", None),
    Example(
        "alerts",
        "alerts {",
        "Who is told when something is wrong.  With a job the alerts dead, waiting and breaker are there.",
        None,
    ),
    Example("alert", "alert slow_mail {", "One more of them.  There may be any number of these sections.", None),
    Example("notify", "notify hooks {", "Jobs that tell others what happened.  There may be any number of these sections.", None),
    Example(
        "scheduler",
        "scheduler {",
        "The built-in that keeps the calendar and the queue; it runs when there is a job, a queue or this section.",
        None,
    ),
    Example(
        "runner",
        "runner {",
        "The built-in that does jobs and looks after programs; it runs when there is such a job, or a program with a check, memory, max_age or watch.",
        None,
    ),
    Example(
        "logger",
        "logger {",
        "The built-in that writes the output of all programs, and what they all have unless they say otherwise.",
        None,
    ),
    Example("http", "http {", "The built-in that serves the API, pages, health and metrics; it runs when it has an address.", None),
    Example("smtp", "smtp {", "The server that mail goes to.", None),
    Example("control", "control {", "The control socket.  root and jobd's own user may always do everything.", None),
)

# Only one of two may be set: the first stays a comment when everything is switched on.
INSTEAD = {
    ("program.check", "tcp"): "http",
    ("program.check", "command"): "http",
    ("job", "get"): "post",
    ("job", "put"): "post",
    ("job", "patch"): "post",
    ("job", "delete"): "post",
    ("job", "secret"): "secret_file",
    ("job.mail", "text_template"): "text",
    ("webhook", "secret"): "secret_file",
    ("outbox", "database"): "database_file",
    ("scheduler", "password"): "password_file",
    ("smtp", "password"): "password_file",
}
NESTED = {
    "program.check": "How it is found out whether the program does its work.",
    "job.breaker": "When a target that fails again and again is left alone.",
    "job.mail": "What is sent to whom.",
    "smtp.breaker": "When a server that fails again and again is left alone.",
}
BUILTINS = ("scheduler", "runner", "logger", "http", "outboxes")
EFFECTS = {
    "live": None,
    "next": "A change takes effect at the next start.",
    "restart": "A change restarts the program.",
    "refuse": "A change needs a new jobd; until then a reload is refused.",
}
BARE = ("bool", "number", "duration", "size", "mode", "signal", "word", "numbers", "readiness", "rate")

HEAD = """\
# Every option of jobd.conf with its default, or with an example where it has none ("An example:").
# What they mean in full is said in jobd.conf(5).  Take out the '#' in front of what you need.
"""


def read_tables(path):
    with open(path, encoding="utf-8") as file:
        return [Option(*line.rstrip("\n").split("\t")) for line in file]


def shown(option):
    """The value as it is written in the reference file; an example says more than a 0."""
    value = option.example if option.example != "-" else option.initial
    if option.type == "list":
        return '{ "%s" }' % value
    if option.type == "numbers":
        return "{ %s }" % value
    return value if option.type in BARE else '"%s"' % value


def comment(text, indent):
    return [line for line in textwrap.wrap(text, 100, initial_indent=indent + "# ", subsequent_indent=indent + "# ")]


def taken(options):
    return [option for option in options if option.section == "program" and option.builtin == "builtin"]


def entry(option, indent):
    """The lines of one option in the reference file."""
    instead = INSTEAD.get((option.section, option.name))
    said = option.summary
    if option.example != "-":
        said += "  The default is %s." % option.initial if option.initial != "-" else ""
        said += "  An example, instead of %s:" % instead if instead else "  An example:"
    mark = "# " if instead else "#"
    return ["", *comment(said, indent), "%s%s%s = %s" % (indent, mark, option.name, shown(option))]


def body(options, example):
    """The lines between the braces, those of the sections inside last."""
    shows = example.shows or (lambda option: option.section.split(".")[0] == example.section)
    mine = [option for option in options if option.section.split(".")[0] == example.section and shows(option)]
    indent = "    " if example.begin else ""
    lines = []
    for option in mine:
        if option.section == example.section:
            lines += entry(option, indent)
    for nested, text in NESTED.items():
        inner = [option for option in mine if option.section == nested]
        if inner:
            lines += ["", *comment(text, indent), "%s#%s {" % (indent, nested.split(".")[1])]
            for option in inner:
                lines += entry(option, indent * 2)
            lines += [indent + "#}"]
    return lines


def full(options):
    lines = HEAD.splitlines()
    for example in EXAMPLES:
        lines += [""] + comment(example.text, "")
        lines += ["#" + example.begin] if example.begin else []
        if example.section in BUILTINS:
            own = {option.name for option in options if option.section == example.section}
            names = [option.name for option in taken(options) if option.name not in own]
            lines += comment("It takes these options of program too: " + ", ".join(names) + ".", "    ")
        lines += body(options, example)
        lines += ["#}"] if example.begin else []
        if example.section == "program":
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
