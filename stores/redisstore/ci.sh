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

need redis-server redis-server
printf '    %s\n' "$(redis-server --version)"

go vet ./...
export JWTGATE_REDIS=required
# Side by side, since each waits for servers most of the time.
go test -count=1 -timeout="$(limit 4m)" ./... >"$tmp/plain.log" 2>&1 &
plain=$!
go test -count=1 -timeout="$(limit 5m)" -race -short ./...
wait "$plain" || { cat "$tmp/plain.log"; fail "go test fails"; }
cat "$tmp/plain.log"
