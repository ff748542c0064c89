#!/usr/bin/env bash
# The tests of this module with the real server: installs redis-server if it is
# missing, and lets no test be skipped for want of it. The tests start their own
# servers, on loopback. Go must be there.
#
#	bash stores/redisstore/ci.sh
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../../.ci/lib.sh
exec </dev/null
make_tmp

if [[ ! $(type -P redis-server) ]]; then
	[[ $(type -P apt-get) ]] || fail "install redis-server"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends redis-server >"$tmp/apt.log" 2>&1 ||
		{ cat "$tmp/apt.log"; fail "apt-get could not install redis-server"; }
fi
printf '    %s\n' "$(redis-server --version)"

go vet ./...
export JWTGATE_REDIS=required
go test -count=1 -timeout="$(limit 2m)" ./...
go test -count=1 -timeout="$(limit 3m)" -race -short ./...
