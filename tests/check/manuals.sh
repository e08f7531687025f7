#!/bin/sh
# The manual pages are clean under mandoc's lint, refer to pages that exist, and every program and file has one.
. "${srcdir:?}/tests/check/guard.sh"
needs mandoc

# Whether other packages' pages are installed is not our business; our own are looked for below.
foreign='referenced manual not found|outdated mandoc\.db'

check() {
	# Not 2>&1: what it says there would fall into the middle of a line.
	lint=$({
		mandoc -T lint -W style "$1"/man/*.[1-9] 2>"$work/stderr"
		cat "$work/stderr"
	} | grep -Ev "$foreign") && {
		echo "$lint"
		return 1
	}
	sed -n 's/.*\.Xr \(job[a-z.-]*\) \([1-9]\).*/\1.\2/p' "$1"/man/*.[1-9] "$1"/man/*.[1-9] | sort -u |
		while read -r page; do
			[ -f "$1/man/$page" ] || {
				echo "there is no man/$page, which another page refers to"
				return 1
			}
		done || return
	for page in jobd.8 jobctl.1 jobd.conf.5 jobd-schedule.7 jobd-protocol.7; do
		grep -q "^\.Dt $(echo "${page%.*}" | tr '[:lower:]' '[:upper:]') ${page##*.}$" "$1/man/$page" || {
			echo "man/$page is not what its name says"
			return 1
		}
	done
}

check "$srcdir" || fail "a manual page is wrong"

copy man
broken man/jobctl.1 '/^\.Sh NAME/d' check "$work/tree"
broken man/jobctl.1 's/^\.Nd .*/&  /' check "$work/tree"
broken man/jobd.conf.5 's/^\.Xr jobctl 1/.Xr jobctrl 1/' check "$work/tree"
broken man/jobd.8 '0,/^\.El/s/^\.El//' check "$work/tree"
broken man/jobd.8 's/^\.Dt JOBD 8/.Dt JOBD 1/' check "$work/tree"
rm "$work/tree/man/jobd-protocol.7"
noticed "a missing page" check "$work/tree"
