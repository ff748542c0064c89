#!/usr/bin/env bash
# The tests of this module, which make the site of this checkout: anew each time,
# since go test looks for changes only inside of the module.
#
#	bash internal/site/ci.sh
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../../.ci/lib.sh
exec </dev/null

go vet ./...
go test -count=1 ./...
