#!/bin/sh
# What README.md, src/README.md and their like name is there.
# shellcheck disable=SC2016  # code marks in texts
. "${srcdir:?}/tests/check/guard.sh"
needs python

check() {
	"$python" "$checks/documents.py" "$1" "$builddir/tests/check/conf_options" "$builddir/src/jobctl/jobctl"
}

check "$srcdir" || fail "a document names what is not there"

copy README.md CONTRIBUTING.md ChangeLog.md LICENSE src man etc tests contrib
check "$work/tree" || fail "the copy is not like the tree"
broken src/README.md 's|`jobd/state\.c`|`jobd/states.c`|' check "$work/tree"
broken src/README.md 's|lib/members|lib/fellows|g' check "$work/tree"
broken src/README.md '$a [the style](STYLE.md)' check "$work/tree"
broken README.md 's|contrib/quickstart\.sh|contrib/start.sh|' check "$work/tree"
broken README.md 's|^    essential = true|    esential = true|' check "$work/tree"
broken contrib/migration/supervisord.md 's|^    stop_timeout = 30s|    stop_timeout = 30q|' check "$work/tree"
broken contrib/migration/bullmq.md 's|rate = "50/s" }$|rate = "50/q" }|' check "$work/tree"
broken contrib/migration/cron.md 's|`jobctl ticks NAME`|`jobctl tics NAME`|' check "$work/tree"
broken contrib/migration/sidekiq.md 's|`jobctl queue clear x --yes`|`jobctl queue clear x --sure`|' check "$work/tree"
mkdir "$work/tree/src/jobd-extra"
noticed "a folder that src/README.md does not name" check "$work/tree"
