package migrate_test

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// serveFlask starts the program of Flask-JWT-Extended.
func serveFlask(t *testing.T) string {
	t.Helper()
	needFlask(t)
	cmd := exec.Command(python(), "flask/before.py")
	cmd.Env = append(os.Environ(), "JWT_SECRET="+string(secret))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		t.Fatal("the program of Flask-JWT-Extended did not start")
	}
	return lines.Text()
}

func python() string { return cmp.Or(os.Getenv("JWTGATE_PYTHON"), "/usr/bin/python3") }

// needFlask skips a test where Flask-JWT-Extended cannot be had. With
// JWTGATE_PEERS=required it fails instead.
func needFlask(t *testing.T) {
	t.Helper()
	switch err := flaskReady(); {
	case err == nil:
	case os.Getenv("JWTGATE_PEERS") == "required":
		t.Fatalf("JWTGATE_PEERS is required, but %v", err)
	default:
		t.Skip(err)
	}
}

var flaskReady = sync.OnceValue(func() error {
	out, err := exec.Command(python(), "-c", "import flask_jwt_extended").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s has no Flask-JWT-Extended: %w\n%s", python(), err, out)
	}
	return nil
})
