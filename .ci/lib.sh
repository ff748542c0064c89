# Shared by the scripts beside it, which source it; not a program by itself.
# shellcheck shell=bash

set -euo pipefail
shopt -s inherit_errexit # a failure inside $(…) counts as well
root=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
export LC_ALL=C PATH=$PATH:/usr/sbin # where Debian has nginx

module=github.com/jwtgate/jwtgate
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# choose_workspace decides for the module of this directory. One of go.work finds
# its siblings there. The top one does without, so that it is tested as its users
# get it: with the versions that its own go.mod requires.
choose_workspace() {
	export GOWORK=off
	! in_workspace "${PWD#"$root"/}" || GOWORK=$root/go.work
}

# in_workspace DIR asks whether a nested module is one of go.work's.
in_workspace() { grep -qxF $'\t'"./${1#./}" "$root/go.work"; }

choose_workspace

fail() {
	printf 'FAILED: %s\n' "$*" >&2
	exit 1
}

# make_tmp sets $tmp to a new directory and arranges that it is gone, and every
# server started below is dead, when the script ends, however it ends.
make_tmp() {
	tmp=$(mktemp -d)
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# need COMMAND PACKAGE… installs the Debian package of each command that is missing.
need() {
	local missing=()
	while (($#)); do
		[[ $(type -P "$1") ]] || missing+=("$2")
		shift 2
	done
	install_packages "${missing[@]}"
}

# install_packages PACKAGE… installs Debian packages. Servers among them are not
# started: whoever needs one starts one of his own. One at a time: apt has a lock,
# and does not wait for it.
install_packages() {
	(($#)) || return 0
	[[ $(type -P apt-get) ]] || fail "install these first: $*"
	local policy=/usr/sbin/policy-rc.d ours= status=0
	exec {lock}<"$root/.ci/lib.sh"
	flock "$lock"
	if [[ ! -e $policy ]]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod +x "$policy"
		ours=$policy
	fi
	# The lists of what there is are fetched if these do not do.
	{ apt_install "$@" || { apt-get update -qq && apt_install "$@"; }; } >"$tmp/apt.log" 2>&1 || status=$?
	rm -f ${ours:+"$ours"}
	exec {lock}<&-
	((status == 0)) || { cat "$tmp/apt.log"; fail "apt-get could not install: $*"; }
}

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; }

server_pids=()

cleanup() {
	local pid
	for pid in "${server_pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	rm -rf "$tmp"
}

# free_port prints a TCP port on which nobody listens. It stays below the range
# from which Linux takes the ports of outgoing connections.
free_port() {
	local port
	for _ in {1..50}; do
		port=$((20000 + RANDOM % 12000))
		if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
	fail "no free TCP port found on 127.0.0.1"
}

# start NAME PORT COMMAND… starts a server, sets $server to its process id and
# returns when something accepts connections on the port.
start() {
	server_name=$1
	server_port=$2
	shift 2
	# In a script, a background process starts with SIGINT ignored unless job
	# control is on, and Go leaves an ignored SIGINT ignored.
	set -m
	"$@" >"$tmp/$server_name.log" 2>&1 &
	server=$!
	set +m
	server_pids+=("$server")
	for _ in {1..100}; do
		if ! kill -0 "$server" 2>/dev/null; then
			server_failed "ended instead of listening on port $server_port"
		fi
		if (: <"/dev/tcp/127.0.0.1/$server_port") 2>/dev/null; then
			return
		fi
		sleep 0.1
	done
	server_failed "does not listen on port $server_port after 10 seconds"
}

# stop [STATUS] sends SIGINT to $server, as Ctrl-C does, and demands that it ends
# within 10 seconds with that exit status, 0 if none is given, and no panic.
stop() {
	local pid=$server status=0 want=${1:-0}
	kill -INT "$pid"
	for _ in {1..100}; do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	if kill -0 "$pid" 2>/dev/null; then
		server_failed "still runs 10 seconds after SIGINT"
	fi
	wait "$pid" || status=$?
	forget "$pid"
	((status == want)) || server_failed "ended with status $status after SIGINT"
	if grep -qE '^(panic:|fatal error:|WARNING: DATA RACE)' "$tmp/$server_name.log"; then
		server_failed "ended, but not in good order"
	fi
}

# forget takes an ended process off the list of those to kill: its id may soon
# belong to someone else.
forget() {
	local pid left=()
	for pid in "${server_pids[@]}"; do
		[[ $pid == "$1" ]] || left+=("$pid")
	done
	server_pids=("${left[@]}")
}

server_failed() {
	sed 's/^/    | /' "$tmp/$server_name.log" >&2
	fail "$server_name $*"
}

# call WANT METHOD PATH [CURL ARGUMENTS…] calls $server and demands the status
# WANT, or one of several as in "404|405". The answer is in $tmp/head, $tmp/body.
call() {
	local want=$1 method=$2 path=$3 got
	shift 3
	got=$(curl -sS --noproxy '*' --max-time 20 -o "$tmp/body" -D "$tmp/head" -w '%{http_code}' \
		-X "$method" "$@" "http://127.0.0.1:$server_port$path") ||
		server_failed "did not answer $method $path"
	if [[ ! $got =~ ^($want)$ ]]; then
		sed 's/^/    < /' "$tmp/head" "$tmp/body" >&2
		server_failed "answered $got to $method $path, want $want"
	fi
}

# challenged demands that the last answer told the client how to authenticate
# (RFC 9110 section 11.6.1, RFC 6750 section 3).
challenged() {
	grep -qi '^www-authenticate: *Bearer' "$tmp/head" ||
		server_failed "answered 401 without a WWW-Authenticate: Bearer"
}

# login PATH USERNAME PASSWORD sets $token to what the server issued.
login() {
	call 200 POST "$1" -H 'Content-Type: application/json' -d "{\"username\":\"$2\",\"password\":\"$3\"}"
	token=$(sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p' "$tmp/body")
	[[ $token == *.*.* ]] || server_failed "answered a login with no access_token"
}

# --- for the scripts that are a list of steps: run and nightly ------------------

begin_steps() {
	passed=0
	title='starting up'
	trap finish EXIT
}

# step TITLE FUNCTION runs one step under a headline and says how long it took.
step() {
	local begin=$SECONDS
	title=$1
	printf '\n==> %s\n' "$title"
	"$2"
	passed=$((passed + 1))
	printf '    done in %d s (%d s in all)\n' $((SECONDS - begin)) "$SECONDS"
}

# finish says last that it went wrong, however it did.
finish() {
	local status=$?
	if ((status)); then
		printf '\n==> FAILED after %d s at: %s\nchecks: %d passed, 1 failed\n' "$SECONDS" "$title" "$passed"
	fi
	cleanup
}

end_steps() {
	printf '\n==> %s after %d s\nchecks: %d passed, 0 failed\n' "$1" "$SECONDS" "$passed"
}

# limit TIME prints how long the tests of one package may take: that, or an hour
# where JWTGATE_NIGHTLY asks for their long variants.
limit() { echo "${JWTGATE_NIGHTLY:+60m}" | sed "s/^$/$1/"; }

# Prints the directory of every module below the top one, but for tools.
nested_modules() {
	find . -mindepth 2 \( -name .git -o -name node_modules -o -name testdata \) -prune \
		-o -name go.mod ! -path ./tools/go.mod -printf '%h\n' | sort
}

# installable_modules prints those of them that users add to a program of theirs,
# each after those that it requires itself.
installable_modules() {
	local dir left=() done=' .' waiting
	mapfile -t left < <(grep -oP '^\t\K\./(?!examples/)\S+$' "$root/go.work")
	while ((${#left[@]})); do
		waiting=()
		for dir in "${left[@]}"; do
			if comes_after "$done " "$dir"; then
				echo "$dir"
				done+=" $dir"
			else
				waiting+=("$dir")
			fi
		done
		((${#waiting[@]} < ${#left[@]})) || fail "these modules require each other: ${waiting[*]}"
		left=("${waiting[@]}")
	done
}

# comes_after " DONE… " DIR asks whether all siblings are done that DIR requires.
comes_after() {
	local sibling
	for sibling in $(siblings "$2"); do
		[[ $1 == *" $sibling "* ]] || return 1
	done
}

# siblings DIR prints the directories of our modules that DIR requires.
siblings() { grep -oP "^\t$module\K\S* (?=v)" "$root/$1/go.mod" | sed 's/^\(\/.*\)\? $/.\1/'; }

# vet_elsewhere compiles what this machine does not: 32 bits, and the files of
# other systems.
vet_elsewhere() {
	local target
	for target in linux/386 windows/amd64 darwin/arm64; do
		printf '    %s\n' "$target"
		CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} go vet ./...
	done
}

# versions [DIR] prints the lines of .ci/versions: directory, module, required,
# newest; of one directory if it is given.
versions() { awk -v dir="${1-}" '!/^(#|$)/ && (dir == "" || $1 == dir)' "$root/.ci/versions"; }

# adapter_modules prints the directories of the adapters that are modules of their own.
adapter_modules() { versions | awk '$1 != "." { print $1 }' | sort -u; }

# test_on "PACKAGES" MODULE@VERSION… tests with these in the place of go.mod's.
test_on() {
	local sibling packages mod=$tmp/versions/go.mod # go takes the go.sum beside it
	read -ra packages <<<"$1"
	shift
	mkdir -p "$tmp/versions"
	cp go.mod go.sum "$tmp/versions"
	go mod edit "${@/#/-require=}" "$mod"
	# There is no -modfile in a workspace, so siblings are named here.
	for sibling in $(siblings "${PWD#"$root"}"); do
		go mod edit -replace="$module${sibling#.}=$root/$sibling" "$mod"
	done
	printf '    %s\n' "$@"
	GOWORK=off go test -count=1 -mod=mod -modfile="$mod" "${packages[@]}"
}

# tests_of DIR prints the packages that a framework's version can change: all that a
# client sees of the adapters.
tests_of() {
	if [[ $1 == . ]]; then
		echo ./internal/conform ./ginjwt ./echojwt ./fiberjwt ./nethttpjwt
	else
		echo .
	fi
}

# newest DIR prints MODULE@VERSION for the newest of each in .ci/versions.
newest() { versions "$1" | awk '{ print $2 "@" $4 }'; }
