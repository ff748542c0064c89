package main_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestMintedClaims: what a NAME=VALUE becomes.
func TestMintedClaims(t *testing.T) {
	c := newCLI(t)
	c.must("keys new -alg ES256 key.pem")
	now := time.Now().Unix()
	for arg, want := range map[string]string{
		"a=x": `"x"`, "a=1": `1`, "a=00": `"00"`, "a=12345678901234567890123": `12345678901234567890123`, "a=1e400": `1e400`, "a=true": `true`, "a=[1": `"[1"`,
		`a={"b":1,"b":2}`: `{"b":1,"b":2}`, "a=null": "", "a=": `""`, "a:=7": `7`, "https://x.example/a=y": `"y"`,
		"sub=7": `"7"`, "iss=1.5": `"1.5"`, "jti=0": `"0"`, "aud=9": `"9"`, `aud=["a","b"]`: `["a","b"]`, "sub:=7": `7`, "sub=null": "",
		"exp=7": `7`, "exp=-1": `-1`, "exp=1e400": `1e400`, "nbf=2030-01-31T08:00:00Z": `1896076800`, `exp:="soon"`: `"soon"`, "exp=null": "", "iat=null": "",
	} {
		out, told, status := c.call(nil, "", "token mint -o json -key key.pem "+arg)
		name := strings.TrimSuffix(arg[:strings.Index(arg, "=")], ":")
		var got struct{ Claims map[string]json.RawMessage }
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Errorf("%s: %v: %s", arg, err, told)
			continue
		}
		v := strings.Join(strings.Fields(string(got.Claims[name])), "")
		if status != 0 || v != want {
			t.Errorf("%s: %d, %s, want %s", arg, status, v, want)
		}
	}
	for arg, want := range map[string]int64{"exp=10m": 600, "nbf=-1h": -3600, "iat=0s": 0} {
		out, _, _ := c.call(nil, "", "token mint -o json -key key.pem "+arg)
		var got struct{ Claims map[string]int64 }
		if err := json.Unmarshal([]byte(out), &got); err != nil || got.Claims[arg[:3]]-now-want < 0 || got.Claims[arg[:3]]-now-want > 300 {
			t.Errorf("%s: %v, %s", arg, err, out)
		}
	}
	for _, args := range []string{"exp=soon", "nbf=true", "iat=2030-01-31", "a=1 a=2", "a:=x", "=x", "x", ":=x"} {
		if out, told, status := c.call(nil, "", "token mint -key key.pem "+args); status != 2 || out != "" || told == "" {
			t.Errorf("%s: %d, %s", args, status, out)
		}
	}
}

// TestMintsAsTheServerDoes: the environment's issuer, audience and lifetime are those of
// the token, and a key that signs nothing is a call that is wrong.
func TestMintsAsTheServerDoes(t *testing.T) {
	c := newCLI(t)
	c.must("keys new -alg ES256 key.pem")
	out, told, _ := c.call([]string{"JWT_SECRET_KEY_FILE=key.pem", "JWT_ISSUER=us", "JWT_AUDIENCE=a,b", "JWT_EXPIRATION_DELTA=1h"}, "", "token mint -o json")
	var got struct {
		Claims struct {
			Iss      string
			Aud      []string
			Exp, Iat int64
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v: %s%s", err, out, told)
	}
	if c := got.Claims; c.Iss != "us" || len(c.Aud) != 2 || c.Exp-c.Iat != 3600 {
		t.Errorf("got %+v", c)
	}
	for _, env := range [][]string{{"JWT_PUBLIC_KEY_FILE=key.pub.pem"}, {"JWT_AUDIENSE=x"}, {"JWT_SECRET_KEY=short"}} {
		if out, told, status := c.call(env, "", "token mint"); status != 2 || out != "" || strings.Contains(told, "short") {
			t.Errorf("%q: %d, %s%s", env, status, out, told)
		}
	}
}

// TestInspectSaysWhatNoServerTakes: what cannot be shown says what it is, and what can be
// shown, whether any server would read it.
func TestInspectSaysWhatNoServerTakes(t *testing.T) {
	c := newCLI(t)
	c.must("keys new -alg ES256 key.pem")
	token := c.must("token mint -key key.pem a=1")
	for _, tt := range []struct {
		name, in, says string
		shown          bool
	}{
		{"good", token, "", true}, {"a line's end", token + "\r\n\n", "", true}, {"Bearer", "Bearer " + token, "a word before it", false}, {"quotes", `"` + token + `"`, "quotes", false},
		{"a JWE", "a.b.c.d.e", "JWE", false}, {"a word", "undefined", "a word", false}, {"opaque", "2YotnFZFEjr1zCsicMWpAA", "opaque", false}, {"two parts", "a.b", "two segments", false},
		{"wrapped", token[:40] + "\n" + token[40:], "line break", true}, {"padded", strings.Replace(token, ".", "==.", 1), "padded", true}, {"cut", token[:len(token)-1], "signature", true},
		{"a list", "e30.W10.x", "no alg", true}, {"twice", "eyJhbGciOiJub25lIn0.eyJhIjoxLCJhIjoyfQ.x", "twice", true}, {"no JSON", "eyJhbGciOiJub25lIn0.YQ.AAAA", "no JSON", false},
	} {
		out, told, status := c.call(nil, tt.in, "token inspect")
		if (status == 0) != tt.shown || !tt.shown && status != 1 || !strings.Contains(out+told, tt.says) || strings.Contains(out, "no server takes it") != (tt.shown && tt.says != "") {
			t.Errorf("%s: %d, %s%s, want %q", tt.name, status, out, told, tt.says)
		}
	}
}
