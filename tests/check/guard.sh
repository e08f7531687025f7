# What every guard in this folder needs; read by the scripts, not run.
#
# A guard is a script NAME.sh that fails when a rule of the project is broken, with the rule itself in NAME.py where it is
# more than a command. Every guard also breaks its rule in a copy, once for each way to break it, and fails if that is not
# noticed. srcdir and builddir come from the Makefile.
# shellcheck shell=sh
set -eu

: "${srcdir:?}" "${builddir:?}"
# shellcheck disable=SC2034  # for the scripts that read this one
checks=$srcdir/tests/check
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || python=
export PYTHONDONTWRITEBYTECODE=1

fail() {
	echo "$1"
	exit 1
}

# The test counts as skipped: the rule can't be looked at here.
skip() {
	echo "skipped: $1"
	exit 77
}

# needs COMMAND...: skip where one of them is not installed.
needs() {
	for command in "$@"; do
		[ "$command" != python ] || command=${python:-python3}
		command -v "$command" >/dev/null || skip "$command is not installed"
	done
}

# copy NAME...: $work/tree with these files and folders of the source tree, writable and as they are.
copy() {
	rm -rf "$work/tree"
	mkdir "$work/tree"
	for name in "$@"; do
		mkdir -p "$work/tree/$(dirname "$name")"
		cp -R "$srcdir/$name" "$work/tree/$name"
	done
	chmod -R u+w "$work/tree"
}

# noticed WHAT COMMAND...: COMMAND must fail, and not because it fell over itself; what it said is in $work/noticed.
noticed() {
	what=$1
	shift
	"$@" >"$work/noticed" 2>&1 && fail "not noticed: $what"
	grep -q Traceback "$work/noticed" && fail "$what: $(cat "$work/noticed")"
	return 0
}

# broken FILE SED COMMAND...: COMMAND must fail when SED has changed FILE of the copy, which is put back afterwards.
broken() {
	file=$work/tree/$1 change=$2
	shift 2
	cp "$file" "$work/before"
	sed "$change" "$work/before" >"$file"
	cmp -s "$file" "$work/before" && fail "the test changes nothing: $file: $change"
	noticed "$file: $change" "$@"
	cp "$work/before" "$file"
}

# added FILE TEXT COMMAND...: COMMAND must fail when the copy has this file too.
added() {
	file=$work/tree/$1
	printf '%s\n' "$2" >"$file"
	shift 2
	noticed "$file" "$@"
	rm "$file"
}
