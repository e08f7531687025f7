#!/bin/sh
# Includes point down only: process -> exec -> conf -> cron -> base, process -> proto -> base, members -> base.
. "${srcdir:?}/tests/check/guard.sh"
needs python

check() {
	"$python" "$checks/layering.py" "$1"
}

check "$srcdir" || fail "an #include is in the wrong place"

copy src
check "$work/tree" || fail "the copy is not like the tree"
add_include() {
	broken "$1" "1i #include $2" check "$work/tree"
}
add_include src/lib/base/text.c '"cron/schedule.h"'
add_include src/lib/cron/schedule.c '"conf/conf.h"'
add_include src/lib/proto/resp.c '"conf/conf.h"'
add_include src/lib/members/members.c '"exec/exec.h"'
add_include src/lib/conf/value.h '"exec/exec.h"'
add_include src/lib/base/log.h '"jobd/program.h"'
add_include src/jobctl/main.c '"jobd/program.h"'
add_include src/jobd/main.c '"../jobctl/row.h"'
add_include src/jobd/main.c '"nowhere.h"'
add_include src/lib/conf/value.c '<confuse.h>'
add_include src/jobd/main.c '<confuse.h>'
add_include src/jobd-scheduler/main.c '<sqlite3.h>'
add_include src/jobd/main.c '<jansson.h>'
add_include src/lib/base/fd.c '<event2/event.h>'
add_include src/jobd-scheduler/queue.c '<curl/curl.h>'
mkdir "$work/tree/src/lib/extra"
added src/lib/extra/extra.c '#include "base/log.h"' check "$work/tree"
