#!/bin/sh
# No file names a place on the machine where it was written.
. "${srcdir:?}/tests/check/guard.sh"
needs python

# The checkout, the folder around it, the build and the home of whoever builds.
check() {
	"$python" "$checks/places.py" "$1" "$(cd "$srcdir" && pwd)" "$(dirname "$(cd "$srcdir" && pwd)")" "$builddir" "${HOME:-/}"
}

check "$srcdir" || fail "a file names a place on somebody's machine"

mkdir -p "$work/tree/src"
check "$work/tree" || fail "something is noticed in an empty tree"
for word in /ho''me/jane/jobd /Us''ers/jane /ro''ot/jobd; do
	added src/a.c "/* see $word */" check "$work/tree"
done
deep=$(cd "$srcdir" && pwd)
case $deep in
/*/*) added src/a.md "as in $deep/src" check "$work/tree" ;;
esac
echo 'see /home/u and http://example.org/home/page' >"$work/tree/src/a.md"
check "$work/tree" || fail "something is noticed that is an example"
