#!/usr/bin/env bash
# The tests of this example with the real nginx and fail2ban: installs what is missing of
# them, and lets no test be skipped for want of it. Go must be there.
#
#	bash examples/proxy/ci.sh
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../../.ci/lib.sh
exec </dev/null
make_tmp

need nginx nginx-light fail2ban-regex fail2ban
JWTGATE_PROXY=required go test -count=1 .
