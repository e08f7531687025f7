#!/bin/sh
# jobctl(1) lists the commands, arguments and options that jobctl has, and each option of a command stands in its usage.
. "${srcdir:?}/tests/check/guard.sh"
needs python

jobctl=$builddir/src/jobctl/jobctl

# check TREE [JOBCTL]
check() {
	"$python" "$checks/jobctl_documents.py" "${2-$jobctl}" "$1/man/jobctl.1"
}

check "$srcdir" || fail "the manual is wrong"

copy man
broken man/jobctl.1 '/^\.It Cm restart /d' check "$work/tree"
broken man/jobctl.1 's/^\.It Cm pause /.It Cm pose /' check "$work/tree"
broken man/jobctl.1 '/^\.It Cm status /s/ Fl -watch |//' check "$work/tree"
broken man/jobctl.1 '/^\.It Cm run /s/-wait/-await/' check "$work/tree"
broken man/jobctl.1 '/^\.It Cm scale /s/Ar NAME Ar N/Ar NAME/' check "$work/tree"

# A jobctl with an option that its usage does not name.
cat >"$work/jobctl" <<'SCRIPT'
#!/bin/sh
"$JOBCTL" "$@" | if [ "$2" = stop ]; then sed '$a\\nOptions:\n  --force   really'; else cat; fi
SCRIPT
chmod +x "$work/jobctl"
export JOBCTL="$jobctl"
noticed "an option outside of the usage" check "$srcdir" "$work/jobctl"
grep -q -- '--force' "$work/noticed" || fail "something else was noticed: $(cat "$work/noticed")"
