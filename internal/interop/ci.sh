#!/usr/bin/env bash
# The tests of this module with the peers that they need: installs Node.js if it
# is missing or too old, and the npm packages, and Debian's PyJWT and authlib, and
# lets no test be skipped for want of them. Go must be there.
#
#	bash internal/interop/ci.sh
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../../.ci/lib.sh
exec </dev/null
make_tmp

oldest=20 # the oldest Node.js that the peers run on: nodeMajor in peer_test.go
newest=22 # what is installed where the distribution has only older ones

# node_major prints the major version of the node on the path, 0 if there is none.
node_major() {
	local version
	version=$(node --version 2>/dev/null) || version=v0
	version=${version#v}
	echo "${version%%.*}"
}

install_node() {
	need node nodejs npm npm
	if (($(node_major) < oldest)); then
		# Debian 12 has Node.js 18. npm's own package "node" holds the binaries; the
		# old one serves to fetch it.
		npm install --no-audit --no-fund --no-save --prefix "$tmp/node" "node@$newest" >"$tmp/npm.log" 2>&1 ||
			{ cat "$tmp/npm.log"; fail "npm could not install Node.js $newest"; }
		PATH=$tmp/node/node_modules/node/bin:$PATH
	fi
	(($(node_major) >= oldest)) || fail "node is $(node --version), want $oldest or newer"
	printf '    node %s\n' "$(node --version)"
}

install_peers() {
	(cd peers && npm ci --ignore-scripts --no-audit --no-fund) >"$tmp/npm.log" 2>&1 ||
		{ cat "$tmp/npm.log"; fail "npm could not install the peers"; }
}

python=${JWTGATE_PYTHON:-/usr/bin/python3}

has_readers() { "$python" -c 'import authlib.jose, cryptography, jwt; jwt.PyJWKClient' 2>/dev/null; }

install_readers() {
	if ! has_readers; then
		[[ $(type -P apt-get) ]] || fail "install Python's PyJWT, cryptography and authlib first, or name a Python that has them in JWTGATE_PYTHON"
		install_packages python3-jwt python3-cryptography python3-authlib
		has_readers || fail "$python does not find PyJWT and authlib; name the Python that does in JWTGATE_PYTHON"
	fi
	printf '    %s\n' "$("$python" -c 'import authlib, jwt; print("PyJWT", jwt.__version__, "and authlib", authlib.__version__)')"
}

has_flask() { "$python" -c 'import flask_jwt_extended' 2>/dev/null; }

install_flask() {
	if ! has_flask; then
		[[ $(type -P apt-get) ]] || fail "install Python's Flask-JWT-Extended first, or name a Python that has it in JWTGATE_PYTHON"
		install_packages python3-python-flask-jwt-extended
		has_flask || fail "$python does not find Flask-JWT-Extended; name the Python that does in JWTGATE_PYTHON"
	fi
	printf '    %s\n' "$("$python" -c 'import flask_jwt_extended as f; print("Flask-JWT-Extended", f.__version__)')"
}

install_node
install_peers
install_readers
install_flask
go vet ./...
JWTGATE_PYTHON=$python JWTGATE_PEERS=required go test -count=1 -timeout="$(limit 5m)" ./...
