package main_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFace: help, manual and completions know the same commands and flags, and what
// they print is what their readers can read.
func TestFace(t *testing.T) {
	bin := build(t)
	out := func(args ...string) string {
		t.Helper()
		text, err := exec.Command(bin, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("jwtgate %s: %v\n%s", strings.Join(args, " "), err, text)
		}
		return string(text)
	}
	manual := out("man")
	shells := map[string]string{"bash": out("completion", "bash"), "zsh": out("completion", "zsh"), "fish": out("completion", "fish")}
	for _, name := range listed(t, bin) {
		if !strings.Contains(manual, "\n.SS "+name+"\n") {
			t.Errorf("the manual has no %s", name)
		}
		help := out("help", name)
		flags := regexp.MustCompile(`(?m)^  -(\w+) `).FindAllStringSubmatch(help, -1)
		if len(flags) == 0 {
			t.Errorf("help %s lists no flag:\n%s", name, help)
		}
		for _, f := range flags {
			if !regexp.MustCompile(`\.BI \\-` + f[1] + ` `).MatchString(manual) {
				t.Errorf("the manual has no -%s", f[1])
			}
			for shell, text := range shells {
				if !regexp.MustCompile(`(-| -o )` + f[1] + `\b`).MatchString(text) {
					t.Errorf("%s does not complete -%s of %s", shell, f[1], name)
				}
			}
		}
		for shell, text := range shells {
			for _, word := range strings.Fields(name) {
				if !strings.Contains(text, word) {
					t.Errorf("%s does not complete %s", shell, name)
				}
			}
		}
	}
}

// TestCompletions: each shell completes commands, flags and what goes with them. The
// night has all three, the gate Bash.
func TestCompletions(t *testing.T) {
	bin := build(t)
	ask := `
ask() { COMP_WORDS=(jwtgate "$@"); COMP_CWORD=$#; _jwtgate; echo "${COMPREPLY[*]}"; }
ask ver; ask keys ""; ask keys new -al; ask verify -ke; ask completion ""; ask help doc; touch "x y"; ask verify -key x; echo ${#COMPREPLY[@]}`
	for _, shell := range []struct{ name, path, flag, ask, want string }{
		{"bash", bash(t), "-c", ask, `^verify version\nnew public jwks rotate\n-alg\n-key\nbash zsh fish\ndoctor\nx y\n1\n$`},
		{"zsh", "zsh", "-fc", "\nprint $_comps[jwtgate]", `^_bash_complete .*_jwtgate\n$`},
		{"fish", "fish", "-Nc", "\nfor c in 've' 'keys ' 'keys new -al' 'completion z' 'help doc'; complete -C \"jwtgate $c\"; end",
			`^verify\nversion\njwks\nnew\npublic\nrotate\n-alg\t.*\nzsh\ndoctor\n$`},
	} {
		if shell.name != "bash" && os.Getenv("JWTGATE_NIGHTLY") == "" {
			continue
		}
		script, err := exec.Command(bin, "completion", shell.name).Output()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(shell.path, shell.flag, string(script)+shell.ask)
		cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "HOME="+t.TempDir())
		got, err := cmd.CombinedOutput()
		if err != nil || !regexp.MustCompile(shell.want).Match(got) {
			t.Errorf("%s completed %q, %v; want %s", shell.name, got, err, shell.want)
		}
	}
}

// TestStandsAlone: go install gets the standard library, core and golang-jwt.
func TestStandsAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if .Module}}{{.Module.Path}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	for _, m := range slices.Compact(modules) {
		if m != "github.com/jwtgate/jwtgate" && m != "github.com/golang-jwt/jwt/v5" {
			t.Errorf("it needs %s", m)
		}
	}
	if len(modules) == 0 {
		t.Error("nothing is listed")
	}
}

// TestStatus: what a script goes by.
func TestStatus(t *testing.T) {
	bin := build(t)
	for args, want := range map[string]int{
		"": 2, "help": 0, "help verify": 0, "help nothing": 2, "verify -h": 0, "nothing": 2, "keys": 2, "keys new a b": 2,
		"keys new -alg HS1024 x": 2, "keys new -bits 512 x": 2, "keys new -o xml x": 2, "keys new -bit 1": 2, "keys new nowhere/x": 3,
		"keys public nowhere": 3, "keys jwks": 2, "keys rotate": 2, "keys rotate nowhere": 3, "token inspect a.b": 1, "token inspect": 2,
		"token mint -key nowhere": 3, "token mint sub=joe": 2, "verify x": 2, "verify -key nowhere x": 3, "completion": 2, "completion ksh": 2,
	} {
		cmd := exec.Command(bin, strings.Fields(args)...)
		cmd.Env, cmd.Dir = []string{"HOME=/"}, t.TempDir()
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != want || len(out) == 0 {
			t.Errorf("jwtgate %s: status %d, want %d; it prints %s", args, got, want, out)
		}
		if strings.Contains(string(out), "panic") || strings.Contains(string(out), "goroutine") {
			t.Errorf("jwtgate %s panics: %s", args, out)
		}
	}
}
