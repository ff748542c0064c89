#!/usr/bin/env bash
# The tests of this module with the real Prometheus: installs it if it is missing, and
# lets no test be skipped for want of it. The test starts its own, on loopback. Go must
# be there.
#
#	bash observers/promobs/ci.sh
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../../.ci/lib.sh
exec </dev/null
make_tmp

need prometheus prometheus
prometheus --version | sed -n '1s/^/    /p'

go vet ./...
JWTGATE_PROMETHEUS=required go test -count=1 -timeout="$(limit 4m)" ./...
