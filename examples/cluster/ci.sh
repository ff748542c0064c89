#!/usr/bin/env bash
# The tests of this module with the real servers: installs redis-server and nginx
# if they are missing, and lets no test be skipped for want of them. The tests
# start their own, on loopback. Go must be there.
#
#	bash examples/cluster/ci.sh
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../../.ci/lib.sh
exec </dev/null
make_tmp

need redis-server redis-server nginx nginx-light
printf '    %s\n    %s\n' "$(redis-server --version)" "$(nginx -v 2>&1)"

go vet ./...
if [[ ${JWTGATE_NIGHTLY-} ]]; then # what is written for Docker, by Docker's own reader
	need docker-compose docker-compose
	CLUSTER_SECRET=x docker-compose -f deploy/compose.yaml config -q
fi
JWTGATE_CLUSTER=required go test -count=1 -timeout="$(limit 3m)" ./...
