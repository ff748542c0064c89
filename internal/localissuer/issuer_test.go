package localissuer_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/internal/localissuer"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

const (
	base     = "http://127.0.0.1:9000"
	callback = "http://localhost:3000/cb"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
	question = "response_type=code&client_id=spa&redirect_uri=" + callback + "&scope=openid&state=s&nonce=n" +
		"&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
)

func open(t *testing.T, cfg localissuer.Config) *localissuer.Issuer {
	t.Helper()
	if cfg.URL == "" {
		cfg.URL = base
	}
	i, err := localissuer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// call sends a form, or a GET without one; fields are "Name: value".
func call(h http.Handler, target, form string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	if form != "" {
		r = httptest.NewRequest("POST", target, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func body(t *testing.T, w *httptest.ResponseRecorder) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return m
}

func signedIn(t *testing.T, i http.Handler, claims string) (code string) {
	t.Helper()
	w := call(i, "/authorize", question+"&username=joe&claims="+url.QueryEscape(claims))
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != 303 || to.Query().Get("state") != "s" || to.Query().Get("iss") != base {
		t.Fatalf("sign-in: %d to %s, %v: %s", w.Code, to, err, w.Body)
	}
	return to.Query().Get("code")
}

// TestServerTrusts: a server of ours that knows the issuer's name alone trusts who has
// signed in on the page, with the proof of RFC 7636.
func TestServerTrusts(t *testing.T) {
	var issuer *localissuer.Issuer
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { issuer.ServeHTTP(w, r) }))
	defer provider.Close()
	issuer = open(t, localissuer.Config{URL: provider.URL, Audience: []string{"orders"}})
	source, err := keys.NewOIDC(provider.URL, keys.RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	gate := nethttpjwt.New(core.Config[*core.Claims]{Keys: source, Rules: core.ClaimRules{Audience: []string{"orders"}}})
	api := gate(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := core.ClaimsOf(r.Context())
		_, _ = io.WriteString(w, claims.Subject())
	}))

	page, err := http.Get(provider.URL + "/authorize?" + question)
	if err != nil {
		t.Fatal(err)
	}
	html, _ := io.ReadAll(page.Body)
	_ = page.Body.Close()
	form := url.Values{"username": {"joe"}, "claims": {`{"roles":["clerk"]}`}} // as a browser without scripts
	for _, m := range regexp.MustCompile(`<input type="hidden" name="(.*?)" value="(.*?)">`).FindAllStringSubmatch(string(html), -1) {
		form.Set(m[1], m[2])
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.PostForm(provider.URL+"/authorize", form)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	back, err := res.Location()
	if err != nil || !strings.HasPrefix(back.String(), callback+"?") {
		t.Fatalf("led to %v, %v", back, err)
	}
	res, err = http.PostForm(provider.URL+"/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {"spa"},
		"redirect_uri": {callback}, "code": {back.Query().Get("code")}, "code_verifier": {verifier}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var tokens struct {
		Access  string `json:"access_token"`
		ID      string `json:"id_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&tokens); err != nil || tokens.ID == "" || tokens.Refresh == "" {
		t.Fatalf("%+v, %v", tokens, err)
	}
	for token, want := range map[string]int{tokens.Access: 200, tokens.ID: 401, tokens.Refresh: 401} {
		if w := call(api, "/", "", "Authorization: Bearer "+token); w.Code != want {
			t.Errorf("the server answers %d %s, want %d", w.Code, w.Body, want)
		}
	}
}

// TestTokenErrors: what is wrong is said by RFC 6749 section 5.2, and nothing is issued.
func TestTokenErrors(t *testing.T) {
	any := open(t, localissuer.Config{})
	known := open(t, localissuer.Config{Clients: map[string]string{"job": "s3", "spa": ""}})
	const exchange = "grant_type=authorization_code&client_id=spa&redirect_uri=" + callback + "&code_verifier=" + verifier + "&code="
	for _, tt := range []struct {
		name, form, authorization string
		issuer                    *localissuer.Issuer
		status                    int
		code                      string
	}{
		{"no client", "grant_type=client_credentials", "", any, 400, "invalid_client"},
		{"no grant", "client_id=job", "", any, 400, "invalid_request"},
		{"another grant", "client_id=job&grant_type=implicit", "", any, 400, "unsupported_grant_type"},
		{"twice", "client_id=job&client_id=spa&grant_type=client_credentials", "", any, 400, "invalid_request"},
		{"no password", "client_id=job&grant_type=password&username=joe", "", any, 400, "invalid_request"},
		{"no user", "client_id=job&grant_type=password&password=x", "", any, 400, "invalid_request"},
		{"no code", "client_id=job&grant_type=authorization_code", "", any, 400, "invalid_request"},
		{"no refresh token", "client_id=job&grant_type=refresh_token&refresh_token=", "", any, 400, "invalid_request"},
		{"a bad form", "client_id=%zz", "", any, 400, "invalid_request"},
		{"an unknown code", exchange + "x", "", any, 400, "invalid_grant"},
		{"an unknown refresh token", "client_id=spa&grant_type=refresh_token&refresh_token=x", "", any, 400, "invalid_grant"},
		{"an unknown client", "client_id=x&client_secret=s3&grant_type=client_credentials", "", known, 400, "invalid_client"},
		{"another secret", "client_id=job&client_secret=x&grant_type=client_credentials", "", known, 400, "invalid_client"},
		{"another secret, by Basic", "grant_type=client_credentials", "Basic am9iOng=", known, 401, "invalid_client"},
		{"another scheme", "grant_type=client_credentials", "Bearer x", known, 401, "invalid_client"},
		{"twice named", "grant_type=client_credentials&client_secret=s3", "Basic am9iOnMz", known, 400, "invalid_request"},
		{"by Basic", "grant_type=client_credentials", "Basic am9iOnMz", known, 200, ""},
		{"without a secret", "grant_type=password&username=joe&password=x&client_id=spa", "", known, 200, ""},
	} {
		w := call(tt.issuer, "/token", tt.form, "Authorization: "+tt.authorization)
		if tt.authorization == "" {
			w = call(tt.issuer, "/token", tt.form)
		}
		got := body(t, w)
		code, _ := got["error"].(string)
		if w.Code != tt.status || code != tt.code || (got["access_token"] != nil) != (tt.status == 200) {
			t.Errorf("%s: got %d %v, want %d %q", tt.name, w.Code, got, tt.status, tt.code)
		}
		if w.Header().Get("Cache-Control") != "no-store" || (w.Header().Get("WWW-Authenticate") != "") != (w.Code == 401) {
			t.Errorf("%s: %v", tt.name, w.Header())
		}
	}
	if w := call(any, "/token", ""); w.Code != 400 || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d %v", w.Code, w.Header())
	}
	for name, change := range map[string]func(string) string{
		"another verifier": func(f string) string { return strings.Replace(f, verifier, verifier[1:]+"x", 1) },
		"no verifier":      func(f string) string { return strings.Replace(f, "code_verifier", "other", 1) },
		"another client":   func(f string) string { return strings.Replace(f, "client_id=spa", "client_id=x", 1) },
		"another callback": func(f string) string { return strings.Replace(f, "/cb", "/other", 1) },
	} {
		form := exchange + signedIn(t, any, "{}")
		if w := call(any, "/token", change(form)); w.Code != 400 || body(t, w)["error"] != "invalid_grant" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if w := call(any, "/token", form); w.Code != 400 {
			t.Errorf("%s: a code that was tried in vain is good again: %d", name, w.Code)
		}
	}
	form := exchange + signedIn(t, any, "{}")
	refresh := "grant_type=refresh_token&client_id=spa&refresh_token=" + body(t, call(any, "/token", form))["refresh_token"].(string)
	if w := call(any, "/token", form); w.Code != 400 {
		t.Errorf("a code twice: %d", w.Code)
	}
	if w := call(any, "/token", strings.Replace(refresh, "client_id=spa", "client_id=x", 1)); w.Code != 400 {
		t.Errorf("another client's refresh token: %d", w.Code)
	}
	if a, b := call(any, "/token", refresh), call(any, "/token", refresh); a.Code != 200 || b.Code != 400 {
		t.Errorf("a refresh token twice: %d, %d", a.Code, b.Code)
	}
}

// TestSignInPage is about who is led where, and what others can make of the page.
func TestSignInPage(t *testing.T) {
	i := open(t, localissuer.Config{Redirects: []string{"https://app.example/cb"}, Clients: map[string]string{"spa": ""}})
	swap := func(name, value string) string {
		q, _ := url.ParseQuery(question)
		q.Set(name, value)
		return q.Encode()
	}
	for _, tt := range []struct{ name, query, led string }{
		{"elsewhere", swap("redirect_uri", "https://evil.example/cb"), ""},
		{"a script", swap("redirect_uri", "javascript:alert(1)"), ""},
		{"this machine by a name that is not", swap("redirect_uri", "http://localhost.evil.example/"), ""},
		{"somebody before an @", swap("redirect_uri", "http://localhost@evil.example/"), ""},
		{"below what is allowed", swap("redirect_uri", "https://app.example/cb/../x"), ""},
		{"twice", question + "&redirect_uri=http://localhost/", ""},
		{"no client", swap("client_id", ""), ""},
		{"a token at once", swap("response_type", "token"), "unsupported_response_type"},
		{"no type", swap("response_type", ""), "invalid_request"},
		{"in a form", swap("response_mode", "form_post"), "invalid_request"},
		{"in a fragment", swap("response_mode", "fragment"), "invalid_request"},
		{"an object", swap("request", "e30.e30."), "request_not_supported"},
		{"an object elsewhere", swap("request_uri", "https://evil.example/"), "request_uri_not_supported"},
		{"without a page", swap("prompt", "none"), "login_required"},
		{"no proof", swap("code_challenge", ""), "invalid_request"},
		{"a plain proof", swap("code_challenge_method", "plain"), "invalid_request"},
		{"another client", swap("client_id", "x"), "unauthorized_client"},
	} {
		w := call(i, "/authorize?"+tt.query, "")
		to, _ := url.Parse(w.Header().Get("Location"))
		if tt.led == "" && (w.Code != 400 || to.String() != "") || tt.led != "" && (w.Code != 303 || to.Query().Get("error") != tt.led) {
			t.Errorf("%s: got %d, led to %q", tt.name, w.Code, to)
		}
	}
	if w := call(i, "/authorize?"+swap("redirect_uri", "https://app.example/cb"), ""); w.Code != 200 {
		t.Errorf("what is allowed: %d", w.Code)
	}
	for _, field := range []string{"state", "nonce", "scope", "login_hint"} {
		w := call(i, "/authorize?"+swap(field, `"><script>alert(1)</script>`), "")
		if strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%s gets into the page as it is", field)
		}
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src 'none'") || w.Header().Get("X-Frame-Options") != "DENY" {
			t.Errorf("the page can be framed: %v", w.Header())
		}
	}
	for name, form := range map[string]string{"nobody": "&username=&claims={}", "no JSON": "&username=joe&claims={", "a list": "&username=joe&claims=[]"} {
		if w := call(i, "/authorize", question+form); w.Code != 400 || !strings.Contains(w.Body.String(), `role="alert"`) {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if w := call(i, "/authorize", question+"&username=joe&claims={}", "Sec-Fetch-Site: cross-site"); w.Code != 403 {
		t.Errorf("another page signs somebody in: %d", w.Code)
	}
	if w := call(i, "/authorize", question+"&deny=1"); !strings.Contains(w.Header().Get("Location"), "error=access_denied") {
		t.Errorf("cancelled: %d %v", w.Code, w.Header())
	}
}

// TestPagesMayAsk: everybody reads the keys; tokens are for pages of this machine, and of
// where sign-ins may lead.
func TestPagesMayAsk(t *testing.T) {
	i := open(t, localissuer.Config{Redirects: []string{"https://app.example/cb"}})
	for _, tt := range []struct{ path, origin, want string }{
		{"/jwks.json", "https://evil.example", "*"},
		{"/.well-known/openid-configuration", "https://evil.example", "*"},
		{"/token", "https://evil.example", ""}, {"/token", "null", ""}, {"/token", "https://app.example.evil.example", ""}, {"/token", "https://app", ""},
		{"/token", "http://localhost:3000", "http://localhost:3000"}, {"/userinfo", "https://app.example", "https://app.example"},
	} {
		r := httptest.NewRequest("OPTIONS", tt.path, nil)
		r.Header.Set("Origin", tt.origin)
		w := httptest.NewRecorder()
		i.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != tt.want || w.Code != 204 {
			t.Errorf("%s for %s: got %d, %q", tt.path, tt.origin, w.Code, got)
		}
	}
}

// TestRotate: no token is refused in its life, whoever fetches the keys when.
func TestRotate(t *testing.T) {
	dir := t.TempDir()
	i := open(t, localissuer.Config{Dir: dir, Rotates: true, Audience: []string{"api"}})
	mint := func() string {
		return body(t, call(i, "/token", "grant_type=client_credentials&client_id=job"))["access_token"].(string)
	}
	accepts := func(source keys.Source, token string) bool {
		_, err := core.Decoder(source, core.ClaimRules{Issuer: base, Audience: []string{"api"}})(t.Context(), token)
		return err == nil
	}
	published := func() keys.Source {
		set, err := keys.ParseSet(call(i, "/jwks.json", "").Body.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for step := range 5 {
		before, token := published(), mint()
		if err := i.Rotate(); err != nil {
			t.Fatal(err)
		}
		if !accepts(published(), token) {
			t.Errorf("step %d: a token of the step before is refused", step)
		}
		if !accepts(before, mint()) {
			t.Errorf("step %d: a key signs that was not published before", step)
		}
		if err := i.Rotate(); err != nil {
			t.Fatal(err)
		}
		if accepts(published(), token) {
			t.Errorf("step %d: a key never goes", step)
		}
	}
	token := mint()
	again := open(t, localissuer.Config{Dir: dir, Rotates: true})
	if again.Key().ID() != i.Key().ID() || !accepts(again, token) {
		t.Errorf("after a restart %s signs, before %s did", again.Key().ID(), i.Key().ID())
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 3 {
		t.Errorf("files that nobody needs are left: %q", files)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
}

// TestAlgorithms: each of them signs what a gate that fetched the keys takes.
func TestAlgorithms(t *testing.T) {
	for _, alg := range localissuer.Algorithms() {
		i := open(t, localissuer.Config{Algorithm: alg, Lifetime: time.Hour, Claims: map[string]any{"tenant": "a"},
			Users: map[string]map[string]any{"joe": {"roles": []string{"clerk"}}}})
		got := body(t, call(i, "/token", "grant_type=password&client_id=spa&username=joe&password=x&audience=orders"))
		set, err := keys.ParseSet(call(i, "/jwks.json", "").Body.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		claims, err := core.Decoder(set, core.ClaimRules{Issuer: base, Audience: []string{"orders"}, Types: []string{"at+jwt"}})(t.Context(), got["access_token"].(string))
		if err != nil {
			t.Errorf("%s: %v", alg, err)
			continue
		}
		if tenant, _ := claims.String("tenant"); tenant != "a" || !claims.Has("roles") || got["expires_in"] != 3600.0 {
			t.Errorf("%s: %v of %v", alg, claims.Map(), got)
		}
	}
	if _, err := localissuer.New(localissuer.Config{URL: base, Algorithm: "HS256"}); err == nil {
		t.Error("HS256 is taken, and nobody could verify with what is published")
	}
}

func TestSeveral(t *testing.T) {
	all := localissuer.Several{open(t, localissuer.Config{URL: base + "/shop"}), open(t, localissuer.Config{URL: base + "/shop/eu"}), open(t, localissuer.Config{URL: base + "/billing"})}
	for path, want := range map[string]string{
		"/shop/.well-known/openid-configuration": base + "/shop", "/shop/eu/.well-known/openid-configuration": base + "/shop/eu",
		"/.well-known/oauth-authorization-server/billing": base + "/billing", "/.well-known/openid-configuration": "", "/shopping/jwks.json": "",
	} {
		w := call(all, path, "")
		if want == "" && w.Code != 404 || want != "" && body(t, w)["issuer"] != want {
			t.Errorf("%s: got %d %s", path, w.Code, w.Body)
		}
	}
}

// FuzzIssuer: no request makes it panic, or be at fault.
func FuzzIssuer(f *testing.F) {
	for _, form := range []string{question, question + "&username=joe&claims={}", "grant_type=password&client_id=a&username=b&password=c",
		"grant_type=client_credentials&client_id=a&resource=x&resource=y", "%", "claims={\"a\":1e400}", question + "&username=%ff&claims={\"aud\":{}}"} {
		for _, path := range []string{"/authorize", "/token", "/userinfo", "/end_session", "/jwks.json"} {
			f.Add(path, form, form, "Bearer "+form)
		}
	}
	i, err := localissuer.New(localissuer.Config{URL: base})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path, query, form, authorization string) {
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			r := httptest.NewRequest(method, "/", strings.NewReader(form))
			r.URL.Path, r.URL.RawQuery = path, query
			r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {authorization}}
			w := httptest.NewRecorder()
			i.ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
			}
		}
	})
}
