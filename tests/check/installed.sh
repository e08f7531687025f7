#!/bin/sh
# `make installcheck`: what was installed works where it lies. Starts jobd with a program and a job, asks it, ends it.
. "${srcdir:?}/tests/check/guard.sh"
: "${sbindir:?}" "${bindir:?}" "${pkglibexecdir:?}" "${mandir:?}" "${docdir:?}"
[ -z "${DESTDIR-}" ] || skip "a tree under DESTDIR does not know where it lies"
unset JOBD_LIBEXECDIR JOBD_RUN_DIR

for file in "$pkglibexecdir/jobd-logger" "$pkglibexecdir/jobd-scheduler" "$pkglibexecdir/jobd-runner" \
	"$pkglibexecdir/jobd-runner-net.so" \
	"$mandir/man8/jobd.8" "$mandir/man1/jobctl.1" "$mandir/man5/jobd.conf.5" \
	"$mandir/man7/jobd-schedule.7" "$mandir/man7/jobd-protocol.7" \
	"$docdir/jobd.conf.full"; do
	[ -s "$file" ] || fail "$file is not there"
done

cat >"$work/jobd.conf" <<CONF
run_dir   = "$work/run"
state_dir = "$work/state"
log_dir   = "$work/log"
program sleeper {
	command = "sleep 1000"
	start_seconds = 0
	stop_timeout = 5s
}
job greeting {
	command = "echo hello from the job"
}
CONF

jobctl() {
	"$bindir/jobctl" -c "$work/jobd.conf" "$@"
}

"$sbindir/jobd" -t -c "$work/jobd.conf" >/dev/null || fail "jobd -t"
"$sbindir/jobd" -d -c "$work/jobd.conf" 2>"$work/stderr" || fail "jobd -d: $(cat "$work/stderr")"
trap 'jobctl shutdown >/dev/null 2>&1; rm -rf "$work"' EXIT

# Until all four run; what happened before is told too.
mkfifo "$work/events"
timeout 60 "$bindir/jobctl" -c "$work/jobd.conf" --json events --since 0 >"$work/events" &
follower=$!
waited="logger scheduler runner sleeper"
while [ -n "$waited" ] && read -r event; do
	case $event in
	*'"to":"RUNNING"'*)
		name=${event#*'"name":"'}
		name=${name%%'"'*}
		waited=$(echo "$waited" | tr ' ' '\n' | grep -vx "$name" | xargs)
		;;
	esac
done <"$work/events"
kill "$follower" || fail "these do not run: $waited: $(cat "$work/log/jobd.log")"
jobctl status --all >"$work/status" || fail "status: $(cat "$work/status")"
for name in logger scheduler runner sleeper; do
	grep -q "^$name .*RUNNING" "$work/status" || fail "$name does not run: $(cat "$work/status" "$work/log/jobd.log")"
done
jobctl run --wait greeting >"$work/output" || fail "run: $(cat "$work/output")"
[ "$(cat "$work/output")" = "hello from the job" ] || fail "the job wrote: $(cat "$work/output")"
jobctl shutdown >/dev/null || fail "shutdown"
trap 'rm -rf "$work"' EXIT
