#!/bin/sh
# jobctl(1) lists the commands, arguments and options that jobctl has, each option of a command stands in its usage, and
# this check itself notices when one of them is wrong.
set -eu

check=$srcdir/tests/check/jobctl_documents.py
jobctl=$builddir/src/jobctl/jobctl
manual=$srcdir/man/jobctl.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || { echo "python3 is missing"; exit 77; }

fail() {
	echo "$1"
	exit 1
}

"$python" "$check" "$jobctl" "$manual" || fail "the manual is wrong"

# Each change must be noticed.
broken() {
	sed "$1" "$manual" >"$work/broken.1"
	if cmp -s "$work/broken.1" "$manual"; then
		fail "the test changes nothing: $1"
	fi
	if "$python" "$check" "$jobctl" "$work/broken.1" >/dev/null; then
		fail "not noticed: $1"
	fi
}
broken '/^\.It Cm restart /d'
broken 's/^\.It Cm pause /.It Cm pose /'
broken '/^\.It Cm status /s/ Oo Fl -watch Oc//'
broken '/^\.It Cm run /s/-wait/-await/'
broken '/^\.It Cm scale /s/Ar NAME Ar N/Ar NAME/'

# A jobctl with an option that its usage does not name.
cat >"$work/jobctl" <<'SCRIPT'
#!/bin/sh
"$JOBCTL" "$@" | if [ "$2" = stop ]; then sed '$a\\nOptions:\n  --force   really'; else cat; fi
SCRIPT
chmod +x "$work/jobctl"
if JOBCTL=$jobctl "$python" "$check" "$work/jobctl" "$manual" >"$work/found"; then
	fail "not noticed: an option outside of the usage"
fi
grep -q -- '--force' "$work/found" || fail "something else was noticed: $(cat "$work/found")"
