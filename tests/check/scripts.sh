#!/bin/sh
# The shell scripts are clean under shellcheck.
# shellcheck disable=SC2016  # scripts in texts
. "${srcdir:?}/tests/check/guard.sh"
needs shellcheck

# From the top, where guard.sh is found by the scripts that read it.
check() (
	cd "$1" && shellcheck -x autogen.sh .ci/run contrib/*.sh tests/check/*.sh
)

check "$srcdir" || fail "shellcheck complains"

copy autogen.sh .ci/run contrib/packages.sh tests/check/guard.sh
check "$work/tree" || fail "the copy is not like the tree"
broken contrib/packages.sh '$a [ $missing = 1 ] && echo $list/x | read -r y' check "$work/tree"
broken tests/check/guard.sh '$a if [ 1 == 2 ]; then :; fi' check "$work/tree"
