"""The files of other tools become a configuration with which jobd runs the same things."""

import json

import pytest

from jobctl_alone import check
from jobd_fixture import TOP, wait_for

SUPERVISORD = """
[supervisord]
nodaemon=true
loglevel=warn

[program:web]
command=%(here)s/show --port %(ENV_IMPORT_PORT)s "%(program_name)s 100%%"   ; the app
environment=TEXT="a,b",OTHER='it is'
directory=%(here)s
autorestart=true
stopsignal=INT
stdout_logfile=%(here)s/%(program_name)s.log

[program:many]
command=%(here)s/show
process_name=%(program_name)s_%(process_num)02d
numprocs=2
startsecs=0
"""

SHOW = """#!/bin/sh
echo "$@" "$TEXT" "$OTHER" "$PWD"
exec sleep 1000
"""


def script(path, text):
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def show(tmp_path):
    script(tmp_path / "show", SHOW)
    return tmp_path


def test_programs_of_supervisord_run(jobd, ctl, show, monkeypatch):
    (show / "supervisord.conf").write_text(SUPERVISORD)
    result = ctl("import", "supervisord", str(show / "supervisord.conf"))
    check(result, 0)
    monkeypatch.setenv("IMPORT_PORT", "8000")
    daemon = jobd(result.stdout)
    for name in ("web", "many:1", "many:2"):
        daemon.wait_state(name, "RUNNING")
    words = f"--port 8000 web 100% a,b it is {show}\n"
    wait_for(lambda: daemon.ctl("tail", "web").stdout == words, "the words of its command line")


def test_a_crontabs_jobs_run(jobd, ctl, show):
    crontab = f"TEXT=of the crontab\n0 0 1 1 * cd {show} && ./show.sh $((1 + 1)) | tr a-z A-Z\n"
    script(show / "show.sh", SHOW.replace("exec sleep 1000", ""))
    result = ctl("import", "crontab", "-", input=crontab)
    check(result, 0)
    assert result.stderr == ""
    daemon = jobd(result.stdout)
    assert daemon.ctl("run", "show", "--wait").stdout == f"2 OF THE CRONTAB  {show}\n".upper()
    assert "0 0 1 1 *" in daemon.ctl("next", "show").stdout


def test_a_procfiles_programs_run(jobd, ctl, show):
    script(show / "migrate", "#!/bin/sh\necho migrated\n")
    result = ctl("import", "procfile", "-", input=f"web: {show}/show $PORT\nrelease: {show}/migrate\n")
    check(result, 0)
    daemon = jobd(result.stdout)
    daemon.wait_state("web", "RUNNING")
    wait_for(lambda: daemon.ctl("tail", "web").stdout.startswith("5000"), "its port")
    # The logger may not have read both of them.
    wait_for(lambda: daemon.ctl("tail", "release").stdout == "migrated\n", "what it said before")


@pytest.mark.parametrize("page, kind, fence, sections", [("supervisord", "supervisord", "ini", 3), ("cron", "crontab", "crontab", 5)])
def test_the_examples_of_the_migration_pages(ctl, page, kind, fence, sections):
    text = (TOP / f"contrib/migration/{page}.md").read_text()
    example = text.split(f"```{fence}\n", 1)[1].split("```", 1)[0]
    result = ctl("--json", "import", kind, "-", input=example)
    check(result, 0)
    assert json.loads(result.stdout)["configuration"].count("\n}") == sections


def test_what_has_no_counterpart_is_counted(ctl):
    result = ctl("import", "supervisord", "-", input="[program:a]\ncommand=a\nserverurl=AUTO\n")
    check(result, 0, error_words="1 line begins with '# look: '")
    assert "# look: serverurl=AUTO" in result.stdout


@pytest.mark.parametrize(
    "kind, text, words",
    [
        ("crontab", "[program:web]\ncommand=web\n", "is it the right kind of file?"),
        ("procfile", "no\n", "is it the right kind of file?"),
        ("supervisord", "", "is empty"),
        ("supervisord", "a\0b", "is no file of text"),
    ],
)
def test_a_file_of_another_kind_is_refused(ctl, kind, text, words):
    result = ctl("import", kind, "-", input=text)
    check(result, 1, "", words)


def test_a_file_that_is_not_there(ctl):
    check(ctl("import", "crontab", "/nowhere/at/all"), 1, "", "/nowhere/at/all: No such file or directory")
    check(ctl("import", "nothing", "x"), 2)
