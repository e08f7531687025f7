#!/bin/sh
# Install the Debian packages of the named sections of packages.txt that are missing.
#   sh contrib/packages.sh build example       installs, and says nothing when all is there
#   sh contrib/packages.sh --list run          prints them, one a line
set -eu

list=$(dirname "$0")/packages.txt

packages_of() {
	for section in "$@"; do
		grep -qxF "[$section]" "$list" || {
			echo "packages.sh: $list has no section [$section]" >&2
			return 1
		}
		awk -v wanted="[$section]" '
			/^\[/ { inside = ($1 == wanted) }
			inside && /^[a-z0-9]/ { print $1 }' "$list"
	done
}

# Itself, or another package that provides it: npm comes with some packages of nodejs, and stands in the way of others.
is_installed() {
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed ||
		echo "$provided" | grep -qxF "$1"
}

if [ "${1-}" = --list ]; then
	shift
	packages_of "$@"
	exit
fi

wanted=$(packages_of "$@")
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	echo "This is no Debian system, so nothing is installed. Needed is what Debian calls:"
	echo "$wanted"
	exit
fi

provided=$(dpkg-query -W -f '${db:Status-Status} ${Provides}\n' |
	sed -n 's/^installed //p' | tr -s ', ' '\n')
missing=
for package in $wanted; do
	is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "packages.sh: missing packages; run as root: apt-get install$missing" >&2
		exit 1
	}
	as_root=sudo
fi

echo "Installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086  # both are lists of words
{
	$as_root apt-get -q update &&
		$as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get -q -y --no-install-recommends install $missing
} </dev/null >"$log" 2>&1 || {
	tail -n 30 "$log" >&2
	echo "packages.sh: apt-get failed" >&2
	exit 1
}
