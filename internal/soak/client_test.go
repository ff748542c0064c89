package soak_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// answer is what any of the endpoints can say.
type answer struct {
	where  string // the framework
	status int

	Error     string `json:"error"`
	User      string `json:"user"`
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int64  `json:"expires_in"`
	Sessions  []struct {
		ID      string    `json:"id"`
		Label   string    `json:"label"`
		Created time.Time `json:"created"`
		Current bool      `json:"current"`
	} `json:"sessions"`
}

// send makes a request to one of the frameworks. An answer that cannot be read
// has the status 0, which is always wrong.
func (w *worker) send(method, path, bearer, body string) (a answer) {
	server := w.servers[rand.IntN(len(w.servers))]
	a.where = server.name
	r, err := http.NewRequest(method, "http://"+server.addr+path, strings.NewReader(body))
	if err != nil {
		return a
	}
	r.Header.Set("User-Agent", w.name)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := w.client.Do(r)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && len(text) > 0 {
		err = json.Unmarshal(text, &a)
	}
	if err != nil {
		a.Error = err.Error()
		return a
	}
	a.status = res.StatusCode
	return a
}

// is reports whether an answer has this status and, as a refusal, this error.
func (a answer) is(status int, code string) bool { return a.status == status && a.Error == code }

func (a answer) String() string { return fmt.Sprintf("%s: %d %s", a.where, a.status, a.Error) }

// pair are the tokens of an answer.
func (a answer) pair(now time.Time) *pair {
	return &pair{access: a.Access, refresh: a.Refresh, ends: now.Add(time.Duration(a.ExpiresIn) * time.Second)}
}

// owner is whom an access token names: its subject and its session.
func (p *pair) owner() (sub, sid string) {
	parts := strings.Split(p.access, ".")
	if len(parts) != 3 {
		return "", ""
	}
	var claims struct{ Sub, Sid string }
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return "", ""
	}
	return claims.Sub, claims.Sid
}

// forged are tokens that look like the pair's access token.
func (p *pair) forged() string {
	parts := strings.Split(p.access, ".")
	encode := base64.RawURLEncoding.EncodeToString
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	switch rand.IntN(4) {
	case 0: // another subject
		parts[1] = encode([]byte(strings.Replace(string(claims), `"sub":"`, `"sub":"x`, 1)))
	case 1: // no signature
		parts[0], parts[2] = encode([]byte(`{"alg":"none"}`)), ""
	case 2: // another signature
		parts[2] = encode([]byte(strings.Repeat("x", 32)))
	case 3: // a refresh token
		return p.refresh
	}
	return strings.Join(parts, ".")
}

// tampered is another token of the refresh token's family: its last byte differs.
func tampered(refresh string) string {
	last := byte('A')
	if strings.HasSuffix(refresh, "A") {
		last = 'B'
	}
	return refresh[:len(refresh)-1] + string(last)
}

func refreshBody(token string) string { return fmt.Sprintf(`{"refresh_token":%q}`, token) }
