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
go test -count=1 -timeout="$(limit 2m)" ./...
go test -count=1 -timeout="$(limit 3m)" -race -short ./...
