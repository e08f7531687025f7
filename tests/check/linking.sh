#!/bin/sh
# What the programs are linked with, from `readelf -d`: jobd above all needs next to nothing.
# shellcheck disable=SC2016  # code marks in texts
. "${srcdir:?}/tests/check/guard.sh"
needs python readelf

jobd=$builddir/src/jobd/jobd
logger=$builddir/src/jobd-logger/jobd-logger
scheduler=$builddir/src/jobd-scheduler/jobd-scheduler
runner=$builddir/src/jobd-runner/jobd-runner
runner_net=$builddir/src/jobd-runner/jobd-runner-net.so
web=$builddir/src/jobd-web/jobd-web
jobctl=$builddir/src/jobctl/jobctl
# Not built without ncurses.
top=$builddir/src/jobd-top/jobd-top
[ -x "$top" ] || top=

# Not built without libpq.
outbox=$builddir/src/jobd-outbox/jobd-outbox
[ -x "$outbox" ] || outbox=

# check README [JOBD]
check() {
	"$python" "$checks/linking.py" "$1" "jobd=${2-$jobd}" "jobd-logger=$logger" "jobd-scheduler=$scheduler" \
		"jobd-runner=$runner" "jobd-runner-net=$runner_net" "jobd-web=$web" "jobctl=$jobctl" "jobd-top=$top" \
		"jobd-outbox=$outbox"
}

check "$srcdir/src/README.md" || fail "a program is linked with something else than src/README.md says"

# A jobd that is linked with more, and one that is linked with less.
noticed "jobd with SQLite" check "$srcdir/src/README.md" "$scheduler"
grep -q '^jobd needs libsqlite3' "$work/noticed" || fail "something else was noticed: $(cat "$work/noticed")"
noticed "jobd without libevent" check "$srcdir/src/README.md" "$jobctl"
grep -q '^jobd does not need libevent_core' "$work/noticed" || fail "something else was noticed: $(cat "$work/noticed")"

# A table that says something else.
copy src/README.md
broken src/README.md '/^| `jobd` /s/libconfuse, //' check "$work/tree/src/README.md"
broken src/README.md '/^| `jobd-logger` /s/zlib/zlib, jansson/' check "$work/tree/src/README.md"
broken src/README.md '/^| `jobd-runner` /d' check "$work/tree/src/README.md"
