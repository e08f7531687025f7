#!/bin/sh
# Build jobd and run every test, on a bare Debian 12 as root too; the last line is "N passed, N failed".
#
#   sh contrib/check.sh              all parts, some of them side by side
#   sh contrib/check.sh unit e2e     only these, in this order
#
# Nothing leaves build/check (or $BUILD); the log of each part is kept in its logs folder.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build/check}
logs=$build/logs
cores=$(getconf _NPROCESSORS_ONLN)
passed=0
failed=0

# part NAME COUNTER COMMAND...: run quietly, count what the log says, show the log if anything failed.
# A part that fails without naming a test, or that ran none, counts as one failure.
part() {
	name=$1 counter=$2
	shift 2
	log=$logs/$name.log
	began=$(date +%s)
	"$@" >"$log" 2>&1 </dev/null
	code=$?
	# shellcheck disable=SC2046  # two numbers
	set -- $("$counter" "$code" "$log")
	[ "$code" -eq 0 ] || [ "$2" -gt 0 ] || set -- "$1" 1
	[ "$(($1 + $2))" -gt 0 ] || set -- 0 1
	passed=$((passed + $1)) failed=$((failed + $2))
	printf '%-12s %4d passed, %d failed  (%d s)\n' "$name" "$1" "$2" "$(($(date +%s) - began))"
	# What was left out, and why, is no secret.
	sed -n 's/^SKIPPED /             skipped: /p' "$log"
	[ "$2" -eq 0 ] || {
		printf '%s\n' "---- $log"
		tail -n 200 "$log"
		printf '%s\n' "---- end of $log"
	}
	[ "$2" -eq 0 ]
}

# Counters: exit code and log of a part in, "PASSED FAILED" out.

count_one() {
	if [ "$1" -eq 0 ]; then echo 1 0; else echo 0 1; fi
}

# automake's summary, "# PASS:  12"; it stands in the log twice if something failed.
count_automake() {
	awk '/^# [A-Z]+:/ && !seen[$2]++ { count[$2] = $3 }
		END {
			print count["PASS:"] + count["XFAIL:"],
				count["FAIL:"] + count["XPASS:"] + count["ERROR:"]
		}' "$2"
}

# pytest's report beside its log.
count_pytest() {
	/usr/bin/python3 - "${2%.log}.xml" <<-'PYTHON'
		import sys, xml.etree.ElementTree as tree
		try:
		    suites = list(tree.parse(sys.argv[1]).iter("testsuite"))
		except (OSError, tree.ParseError):
		    suites = []
		total, skipped, failed = (
		    sum(int(suite.get(key, 0)) for suite in suites for key in keys)
		    for keys in (["tests"], ["skipped"], ["failures", "errors"])
		)
		print(max(0, total - skipped - failed), failed)
	PYTHON
}

# The parts.

# configure_in DIR FLAG...: an out-of-tree build directory, made once.
configure_in() {
	directory=$1
	shift
	mkdir -p "$directory"
	cd "$directory" || return
	[ -f Makefile ] || "$top/configure" --enable-werror "$@"
}

build_plain() (
	{ [ -x "$top/configure" ] || (cd "$top" && ./autogen.sh); } &&
		configure_in "$build/plain" CFLAGS="-O2 -g" && make -j"$cores"
)

build_sanitized() (
	# What is optimized less is compiled faster, and hides less from the sanitizers.
	configure_in "$build/sanitized" --enable-sanitize CFLAGS="-O1 -g" && make -j"$cores"
)

# make_check BUILD [VARIABLE=VALUE]...; with guards= without the checks of the source, which no sanitizer changes.
make_check() (
	cd "$1" || return
	shift
	timeout -k 10 1500 make -j"$cores" check "$@" && return
	cat test-suite.log
	return 1
)

# end_to_end BUILD REPORT ARGUMENT...: pytest on the binaries of that build.
end_to_end() (
	directory=$1 report=$2
	shift 2
	rm -f "$report"
	if /usr/bin/python3 -c 'import xdist' 2>/dev/null; then
		# Most of them wait most of the time.
		set -- -n "$((2 * cores))" "$@"
	fi
	# One test that hangs must not hide the others.
	if /usr/bin/python3 -c 'import pytest_timeout' 2>/dev/null; then
		set -- --timeout 150 "$@"
	fi
	cd "$top" &&
		JOBD_BUILD=$directory JOBD_TEST_NPM=$build/npm PYTHONDONTWRITEBYTECODE=1 timeout -k 10 1500 \
			/usr/bin/python3 -m pytest -p no:cacheprovider -v -ra --junitxml="$report" "$@" tests/e2e
)

end_to_end_sanitized() (
	# Deadlines are three times as long there. Left out is what takes long anyway, and what runs the example alone.
	export JOBD_TEST_STRETCH=3
	end_to_end "$build/sanitized" "$logs/e2e-asan.xml" -m "not slow" \
		--ignore "$top/tests/e2e/test_finance_tracker_app.py"
)

distcheck() (
	# Shows that what is packed is whole; what the optimizer makes of it is shown by the other parts.
	cd "$build/plain" &&
		timeout -k 10 1500 make -j"$cores" distcheck DISTCHECK_CONFIGURE_FLAGS="--enable-werror CFLAGS=-O0"
)

scripts() (
	cd "$top" && shellcheck autogen.sh .ci/run contrib/*.sh
)

run_part() {
	case $1 in
	build) part build count_one build_plain ;;
	unit) part unit count_automake make_check "$build/plain" ;;
	e2e) part e2e count_pytest end_to_end "$build/plain" "$logs/e2e.xml" ;;
	sanitized) part sanitized count_one build_sanitized ;;
	unit-asan) part unit-asan count_automake make_check "$build/sanitized" guards= ;;
	e2e-asan) part e2e-asan count_pytest end_to_end_sanitized ;;
	dist) part dist count_one distcheck ;;
	scripts) part scripts count_one scripts ;;
	*)
		echo "check.sh: unknown part '$1'" >&2
		exit 2
		;;
	esac
}

# run_parts PART...: one after the other.
run_parts() {
	for wanted in "$@"; do
		run_part "$wanted" || case $wanted in
		# Without binaries every other part would only repeat the same failure.
		build) return 1 ;;
		esac
	done
}

# run_beside PART OTHER...: the others, one after the other, with what the part leaves of the machine.
run_beside() {
	foreground=$1
	shift
	# A shell makes what it starts in the background deaf for Ctrl-C; the tests of signals are not to inherit that.
	env --default-signal=INT,QUIT nice -n 10 sh "$0" "$@" >"$logs/beside.txt" &
	run_part "$foreground"
	wait $!
	sed '$d' "$logs/beside.txt"
	# shellcheck disable=SC2046  # two numbers
	set -- $(sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$logs/beside.txt")
	passed=$((passed + ${1:-0})) failed=$((failed + ${2:-1}))
}

mkdir -p "$logs"
sh "$top/contrib/packages.sh" build example tests || failed=1
if [ $# -gt 0 ]; then
	run_parts "$@"
elif run_parts build; then
	run_beside e2e sanitized unit
	run_beside e2e-asan unit-asan dist scripts
fi
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
