package readme_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestWalkthrough: .ci/walkthrough, which holds docs/walkthrough.md to what it prints,
// finds an answer that is another one, and more changes than are allowed.
func TestWalkthrough(t *testing.T) {
	for _, tool := range []string{"bash", "git", "awk"} {
		if _, err := exec.LookPath(tool); err != nil || runtime.GOOS != "linux" {
			t.Skip("the gate's scripts want Linux, bash, git and awk")
		}
	}
	const document = "This is `a.txt`:\n<!-- snippet: skip: file a.txt, to be shown -->\n```go\none\ntwo\n```\n" +
		"```sh\ncp a.txt b.txt\n```\n" +
		"```console\n$ cat b.txt\none\ntwo\n$ echo 127.0.0.1:8080 \\\n  again\n127.0.0.1:8080 again\n$ echo a long b\na … b\n```\n" +
		"<!-- at most 1 lines -->\n```diff\n--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n```\n" +
		"```console\n$ v=$(cat a.txt)\n$ echo $v\none three\n```\n"
	for _, tt := range []struct{ name, old, new, want string }{
		{"as it is", "", "", ""},
		{"another answer", "one\ntwo\n$ echo", "one\n2\n$ echo", "cat b.txt"},
		{"a line too few", "one\ntwo\n$ echo", "one\n$ echo", "cat b.txt"},
		{"an answer to what prints none", "$ v=$(cat a.txt)\n", "$ v=$(cat a.txt)\nso\n", "v=$(cat a.txt)"},
		{"no answer to what prints one", "one three\n", "", "echo $v"},
		{"a star is a star", "a … b", "a * b", "echo a long b"},
		{"a command that fails", "cp a.txt", "cp c.txt", "cp c.txt"},
		{"more changes than allowed", "at most 1 ", "at most 0 ", "changes 1 lines"},
		{"a diff of something else", "-two", "-to", "does not apply"},
		{"a file without a name", "`a.txt`", "it", "not told that this is a.txt"},
		{"a file written anew", "```console\n$ v=", "`a.txt`\n<!-- snippet: skip: file a.txt, again -->\n```go\nx\n```\n```console\n$ v=", "writes a.txt anew"},
	} {
		path := filepath.Join(t.TempDir(), "document.md")
		if err := os.WriteFile(path, []byte(strings.Replace(document, tt.old, tt.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("bash", filepath.Join(root(t), ".ci", "walkthrough"), path).CombinedOutput()
		if (err == nil) != (tt.want == "") || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: got %v, want %q\n%s", tt.name, err, tt.want, out)
		}
	}
}
