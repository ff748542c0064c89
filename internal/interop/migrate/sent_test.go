package migrate_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// TestRequests holds the index to the requests that all guides have in common, and to what
// a gate says of each, so that the guides need not give the reasons one by one.
func TestRequests(t *testing.T) {
	auth, err := core.New(core.Config[*core.Claims]{
		Keys:    secretKey(t),
		Sources: []core.Source{core.HeaderSource{}, core.QuerySource{Name: "token"}, core.CookieSource{Name: "jwt", InsecureName: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	base := serve(func([]byte) (http.Handler, error) {
		return nethttpjwt.Require(auth)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), nil
	})(t)
	said := map[string]string{}
	for _, row := range table(section(t, "README.md", "The requests"), "requests") {
		if len(row) != 3 || row[2] == "" {
			t.Errorf("no reason: %s", row)
			continue
		}
		for name := range strings.SplitSeq(row[0], "; ") {
			if _, twice := said[name]; twice {
				t.Errorf("%s is there twice", name)
			}
			said[name] = row[1]
		}
	}
	for _, r := range gateRequests(move{path: "/me"}) {
		if r.path != "/me" && !strings.HasPrefix(r.path, "/me?") {
			continue // the router's to answer
		}
		a := ask(t, base, r)
		got := fmt.Sprint(a.status)
		if a.status == http.StatusUnauthorized && !strings.Contains(a.header["WWW-Authenticate"], "error=") {
			got = "401, no token"
		}
		if said[r.name] != got {
			t.Errorf("%s: %q, and it is %q", r.name, said[r.name], got)
		}
		delete(said, r.name)
	}
	for name := range said {
		t.Errorf("nobody sends %s", name)
	}
}

// TestTokens holds the guides to the claims of a login's token, before and now.
func TestTokens(t *testing.T) {
	for _, m := range moves {
		login, ok := logins[m.from]
		if !ok {
			continue // neither program issues
		}
		t.Run(m.from, func(t *testing.T) {
			var claims [2]string // before and now
			for i, base := range []string{m.before(t), m.now(t)} {
				_, _, body := send(t, base, login)
				parts := strings.Split(aToken.FindString(body), ".")
				if header := names(t, parts[0]); header != "alg, typ" {
					t.Errorf("the header has %s, and the guides do not say so", header)
				}
				claims[i] = names(t, parts[1])
			}
			want := fmt.Sprintf("The claims of a token were %s, and are %s.", claims[0], claims[1])
			if !strings.Contains(strings.Join(section(t, m.guide, m.notice), " "), want) {
				t.Errorf("%s, %q should say:\n%s", m.guide, m.notice, want)
			}
		})
	}
}

// names are the members of a segment.
func names(t *testing.T, segment string) string {
	t.Helper()
	var members map[string]any
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err == nil {
		err = json.Unmarshal(text, &members)
	}
	if err != nil {
		t.Fatalf("%s: %v", segment, err)
	}
	return strings.Join(slices.Sorted(maps.Keys(members)), ", ")
}
