// Package e2e has no code but its tests: they drive examples/browser in headless
// Chromium as its users do, and as those who would use its users' cookies, and sign in
// on the page of jwtgate serve. All runs on this machine, and nothing is fetched.
//
// Without Chromium the tests are skipped and say so; with JWTGATE_CHROMIUM=required
// in the environment they fail instead. ci.sh installs it and runs them so. With
// JWTGATE_ARTIFACTS, a directory, the screenshots are left there.
package e2e
