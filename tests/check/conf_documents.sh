#!/bin/sh
# jobd.conf.full and jobd.conf(5) say what the tables of options say, the two configuration files load, and this check
# itself notices when one of them is wrong.
set -eu

check=$srcdir/tests/check/conf_documents.py
options=$builddir/tests/check/conf_options
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || { echo "python3 is missing"; exit 77; }

fail() {
	echo "$1"
	exit 1
}

"$options" >"$work/tables"
"$python" "$check" "$work/tables" check "$srcdir/etc/jobd.conf.full" "$srcdir/man/jobd.conf.5" || fail "the documents are wrong"

# What mandoc says about manuals that are not installed here is no fault of the page.
lint() {
	command -v mandoc >/dev/null || return 0
	! mandoc -T lint "$1" 2>&1 | grep -v -e 'referenced manual not found' -e 'outdated mandoc.db'
}
lint "$srcdir/man/jobd.conf.5" || fail "mandoc -T lint complains"
if command -v mandoc >/dev/null; then
	sed 's/^\.El$//' "$srcdir/man/jobd.conf.5" >"$work/broken"
	! lint "$work/broken" >/dev/null || fail "not noticed: a list without an end"
fi

# Both files are valid, the full one also with everything switched on.
"$options" "$srcdir/etc/jobd.conf" || fail "etc/jobd.conf does not load"
"$options" "$srcdir/etc/jobd.conf.full" || fail "etc/jobd.conf.full does not load"
sed 's/^\( *\)#\([^ ]\)/\1\2/' "$srcdir/etc/jobd.conf.full" >"$work/all.conf"
"$options" "$work/all.conf" || fail "etc/jobd.conf.full does not load with all options switched on"
[ "$(grep -c ' = ' "$work/all.conf")" -gt "$(wc -l <"$work/tables")" ] || fail "switching all options on did nothing"

# Each change must be noticed.
broken() {
	sed "$2" "$srcdir/$1" >"$work/broken"
	if cmp -s "$work/broken" "$srcdir/$1"; then
		fail "the test changes nothing: $1 $2"
	fi
	case $1 in
	*.5) set -- "$srcdir/etc/jobd.conf.full" "$work/broken" "$2" ;;
	*) set -- "$work/broken" "$srcdir/man/jobd.conf.5" "$2" ;;
	esac
	if "$python" "$check" "$work/tables" check "$1" "$2" >/dev/null; then
		fail "not noticed: $3"
	fi
}
broken etc/jobd.conf.full '/#stop_timeout/d'
broken etc/jobd.conf.full 's/#stop_timeout = 10s/#stop_timeout = 11s/'
broken man/jobd.conf.5 's/^\.It Ic stop_signal /.It Ic stop_signol /'
broken man/jobd.conf.5 's/^\.Ql 999 \./.Ql 998 ./'
broken man/jobd.conf.5 '/^\.It Ic watchdog /,/^\.It/d'
broken man/jobd.conf.5 's/^A change needs a new jobd.*/A change does nothing./'

if grep -v '^program.stop_timeout' "$work/tables" >"$work/fewer" &&
	"$python" "$check" "$work/fewer" check "$srcdir/etc/jobd.conf.full" "$srcdir/man/jobd.conf.5" >/dev/null; then
	fail "not noticed: documents with an option that is in no table"
fi
