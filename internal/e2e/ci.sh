#!/usr/bin/env bash
# The tests of this module with the browser that they need: installs Chromium if
# it is missing, and lets no test be skipped for want of it. Go must be there.
#
#	bash internal/e2e/ci.sh
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../../.ci/lib.sh
exec </dev/null
make_tmp

need chromium chromium
printf '    %s\n' "$(chromium --version 2>/dev/null)"
go vet ./...
JWTGATE_CHROMIUM=required go test -count=1 -timeout="$(limit 5m)" ./...
