#!/bin/sh
# jobd.conf.full and jobd.conf(5) say what the tables of options say, and the two configuration files load.
. "${srcdir:?}/tests/check/guard.sh"
needs python

options=$builddir/tests/check/conf_options

# check TREE [TABLES]
check() {
	"$python" "$checks/conf_documents.py" "${2-$work/tables}" check "$1/etc/jobd.conf.full" "$1/man/jobd.conf.5"
}

"$options" >"$work/tables"
check "$srcdir" || fail "the documents are wrong"

# Both files are valid, the full one also with everything switched on.
"$options" "$srcdir/etc/jobd.conf" || fail "etc/jobd.conf does not load"
"$options" "$srcdir/etc/jobd.conf.full" || fail "etc/jobd.conf.full does not load"
sed 's/^\( *\)#\([^ ]\)/\1\2/' "$srcdir/etc/jobd.conf.full" >"$work/all.conf"
[ "$(grep -c ' = ' "$work/all.conf")" -gt "$(wc -l <"$work/tables")" ] || fail "switching all options on did nothing"
grep -q 'define HAVE_LIBPQ' "$builddir/config.h" || sed -i '/^outbox app {/,/^}/d' "$work/all.conf"
"$options" "$work/all.conf" || fail "etc/jobd.conf.full does not load with all options switched on"

copy etc man
broken etc/jobd.conf.full '/#stop_timeout/d' check "$work/tree"
broken etc/jobd.conf.full 's/#stop_timeout = 10s/#stop_timeout = 11s/' check "$work/tree"
broken man/jobd.conf.5 's/^\.It Ic stop_signal /.It Ic stop_signol /' check "$work/tree"
broken man/jobd.conf.5 's/^\.Ql 999 \./.Ql 998 ./' check "$work/tree"
broken man/jobd.conf.5 '/^\.It Ic watchdog /,/^\.It/d' check "$work/tree"
broken man/jobd.conf.5 's/^A change needs a new jobd.*/A change does nothing./' check "$work/tree"

grep -v '^program.stop_timeout' "$work/tables" >"$work/fewer"
noticed "documents with an option that is in no table" check "$srcdir" "$work/fewer"
