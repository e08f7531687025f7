#!/bin/sh
# Build jobd and run the Finance Tracker example in the foreground; Ctrl-C stops all of it.
#
#   sh contrib/quickstart.sh                    the calendar in jobd.conf (three jobs)
#   sh contrib/quickstart.sh --own-scheduler    the app's own APScheduler process instead
#
# Nothing leaves the source tree: all is in build/quickstart (or $BUILD). PORT is the app's port.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build/quickstart}
example=$top/contrib/examples/finance-tracker
port=${PORT:-8000}

die() {
	printf 'quickstart: %s\n' "$*" >&2
	exit 1
}

# step LOGNAME WHAT COMMAND...: run quietly; show the end of its log when it fails.
step() {
	log=$build/$1.log
	echo "$2 ..."
	shift 2
	"$@" >"$log" 2>&1 </dev/null || {
		tail -n 40 "$log" >&2
		die "that failed; all of it is in $log"
	}
}

build_jobd() {
	[ -x "$top/configure" ] || step autogen "Preparing the build" "$top/autogen.sh"
	cd "$build"
	[ -f Makefile ] || step configure "Configuring" "$top/configure" --prefix="$build/prefix" \
		--sysconfdir="$build/prefix/etc" --localstatedir="$build/var"
	step make "Building" make -j"$(getconf _NPROCESSORS_ONLN)"
	step install "Installing into $build/prefix" make install
}

port_is_free() {
	/usr/bin/python3 - "$port" <<-'PYTHON'
		import socket, sys
		probe = socket.socket()
		probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		probe.bind(("0.0.0.0", int(sys.argv[1])))
	PYTHON
}

# The example's own file is as a user writes it; where this run keeps its things is said in front of it.
# A path of a socket has room for 107 bytes.
write_config() {
	run_dir=$build/run
	[ "${#run_dir}" -le 80 ] || run_dir=$(mktemp -d "${XDG_RUNTIME_DIR:-/tmp}/jobd-XXXXXX")
	mkdir -p "$run_dir" "$build/state" "$build/log" "$build/data"
	cat >"$build/jobd.conf" <<-CONF
		run_dir   = "$run_dir"
		state_dir = "$build/state"
		log_dir   = "$build/log"
		include("$config")
	CONF
}

# Wait until the app answers or jobd is gone, whichever comes first.
app_answers() {
	/usr/bin/python3 - "$port" "$1" <<-'PYTHON'
		import os, sys, time, urllib.request
		port, jobd = sys.argv[1], int(sys.argv[2])
		deadline = time.monotonic() + 60
		while time.monotonic() < deadline:
		    try:
		        os.kill(jobd, 0)
		        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
		            sys.exit(0)
		    except ProcessLookupError:
		        break
		    except OSError:
		        time.sleep(0.05)
		sys.exit(1)
	PYTHON
}

# What a person sees once the app is up. Runs beside jobd, which has this shell's process id and the terminal.
welcome() {
	if ! app_answers "$1"; then
		kill -0 "$1" 2>/dev/null || return 0
		echo "The app does not answer on port $port. What it wrote last:"
		jobctl tail fastapi stderr || true
		return 0
	fi
	# The app may answer before it counts as running, which takes its start_seconds.
	left=100
	while jobctl status 2>/dev/null | grep -q ' STARTING ' && [ "$left" -gt 0 ]; do
		sleep 0.1
		left=$((left - 1))
	done
	echo
	jobctl status || true
	cat <<-TEXT

		The app       http://localhost:$port/
		Its mails     $build/data/outbox
		Its logs      $build/log
		Stop          Ctrl-C

		Try in another terminal:
		    export PATH="$build/prefix/bin:\$PATH" JOBD_RUN_DIR="$run_dir"
		$tries
	TEXT
}

case ${1-} in
"")
	config=$example/jobd.conf
	tries='    jobctl status
    jobctl next                         when the jobs run
    jobctl run debt_reminders --wait    run one now; then look at the outbox
    jobctl jobs                         what ran
    jobctl restart scheduler
    jobctl tail -f fastapi'
	;;
--own-scheduler)
	config=$example/jobd-own-scheduler.conf
	tries='    jobctl status
    jobctl restart scheduler
    jobctl tail scheduler
    jobctl tail -f fastapi'
	;;
*) die "unknown argument '$1'; see the top of $0" ;;
esac
case $port in
"" | *[!0-9]*) die "PORT='$port' is not a port number" ;;
esac

sh "$top/contrib/packages.sh" build example
port_is_free 2>/dev/null || die "port $port is taken; choose another one: PORT=8080 sh $0"
mkdir -p "$build"
build_jobd
write_config

# Debian's python3 has the example's packages, whatever else is first in PATH.
PATH=$build/prefix/bin:$build/prefix/sbin:/usr/bin:$PATH
export PATH PORT="$port" JOBD_RUN_DIR="$run_dir" FINANCE_TRACKER_DATA="$build/data"
cd "$example"
echo "Starting jobd -c $build/jobd.conf"
# The inner shell ends at once, so that the greeter is not a child that jobd would have to know.
(welcome $$ &)
# jobd takes this shell's place: Ctrl-C and signals reach it directly, and its exit code is this script's.
exec jobd -c "$build/jobd.conf"
