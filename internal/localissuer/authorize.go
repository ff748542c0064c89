package localissuer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// grant is what a code or a refresh token stands for.
type grant struct {
	client, redirect string
	challenge, nonce string
	scope, less      string // less: what a refresh asks for, if not for all
	user, want       string // want: the audience that was asked for
	claims           map[string]any
	at               int64 // of the sign-in
}

// authorize shows the page and, when it was filled in, leads back with a code
// (RFC 6749 section 4.1, with the proof of RFC 7636, which it demands).
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if err := ownPages.Check(r); err != nil { // nobody else signs somebody in
		http.Error(w, "the form was sent by another page", http.StatusForbidden)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	q := r.URL.Query()
	maps.Copy(q, r.PostForm) // the page repeats the query, whose URL its form is sent to
	for name, values := range q {
		if len(values) > 1 && name != "resource" { // RFC 6749 section 3.1, RFC 8707 section 2
			http.Error(w, "a parameter is there twice", http.StatusBadRequest)
			return
		}
	}
	back, err := i.backTo(q.Get("redirect_uri"))
	if err == nil && q.Get("client_id") == "" {
		err = fmt.Errorf("client_id is missing")
	}
	if err != nil { // nobody is led to where he has not asked to be (RFC 6749 section 4.1.2.1)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	lead := func(name, value, description string) {
		v := back.Query()
		v.Set(name, value)
		v.Set("iss", i.URL)
		if description != "" {
			v.Set("error_description", description)
		}
		if state := q.Get("state"); state != "" {
			v.Set("state", state)
		}
		back.RawQuery = v.Encode()
		http.Redirect(w, r, back.String(), http.StatusSeeOther)
	}
	mode := cmp.Or(q.Get("response_mode"), "query")
	switch {
	case q.Get("response_type") == "":
		lead("error", "invalid_request", "response_type is missing")
		return
	case q.Get("response_type") != "code":
		lead("error", "unsupported_response_type", "response_type must be code")
		return
	case mode != "query":
		lead("error", "invalid_request", "response_mode must be query")
		return
	case q.Get("request") != "":
		lead("error", "request_not_supported", "parameters are read from the query alone")
		return
	case q.Get("request_uri") != "":
		lead("error", "request_uri_not_supported", "parameters are read from the query alone")
		return
	case slices.Contains(strings.Fields(q.Get("prompt")), "none"): // OpenID Connect Core section 3.1.2.6
		lead("error", "login_required", "nobody is signed in here before he says who he is")
		return
	case len(q.Get("code_challenge")) != 43 || q.Get("code_challenge_method") != "S256":
		lead("error", "invalid_request", "code_challenge with the method S256 is missing (RFC 7636)")
		return
	}
	if _, known := i.Clients[q.Get("client_id")]; i.Clients != nil && !known {
		lead("error", "unauthorized_client", "the client is unknown")
		return
	}
	p := page{Client: q.Get("client_id"), Back: back.Host, User: cmp.Or(q.Get("login_hint"), "joe"), Claims: "{}", Known: slices.Sorted(maps.Keys(i.Users))}
	if r.Method == http.MethodPost && r.PostForm.Get("deny") != "" {
		lead("error", "access_denied", "the user said no")
		return
	}
	if r.Method == http.MethodPost {
		p.User, p.Claims = r.PostForm.Get("username"), r.PostForm.Get("claims")
		claims := map[string]any{}
		switch err := json.Unmarshal([]byte(p.Claims), &claims); {
		case p.User == "":
			p.Wrong = "Say who you are."
		case err != nil:
			p.Wrong = "The claims are no JSON object."
		default:
			lead("code", i.codes.keep(grant{
				client: q.Get("client_id"), redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), nonce: q.Get("nonce"),
				scope: q.Get("scope"), want: wanted(q), user: p.User, claims: claims, at: i.Now().Unix(),
			}), "")
			return
		}
	}
	for _, name := range []string{"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "audience", "resource"} {
		if q.Has(name) {
			p.Hidden = append(p.Hidden, [2]string{name, q.Get(name)})
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin") // a form without one has the Origin null
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	// Without form-action: Chromium holds every redirect after a form to it, also those by which the
	// client leads on, which nobody knows here, and no source of it can name [::1].
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	if p.Wrong != "" {
		w.WriteHeader(http.StatusBadRequest)
	}
	_ = signIn.Execute(w, p) // a client that has left has no need of it
}

// wanted is the audience that a request asks for: by RFC 8707, or as some providers do.
func wanted(q url.Values) string {
	if q.Get("resource") != "" {
		return q.Get("resource")
	}
	return q.Get("audience")
}

// backTo is where a sign-in may lead: to this machine, or where the configuration says.
func (i *Issuer) backTo(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("redirect_uri must be an absolute http or https URL without a fragment")
	}
	if OnLoopback(u.Hostname()) || slices.Contains(i.Redirects, raw) {
		return u, nil
	}
	return nil, fmt.Errorf("redirect_uri leads neither to this machine nor to where the configuration allows")
}

// OnLoopback reports whether a host is this machine by its name (RFC 6761 section 6.3).
func OnLoopback(host string) bool {
	addr, _ := netip.ParseAddr(host)
	return addr.IsLoopback() || strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}

var ownPages = http.NewCrossOriginProtection()

// endSession leads back (OpenID Connect RP-Initiated Logout): there is no session here.
func (i *Issuer) endSession(w http.ResponseWriter, r *http.Request) {
	if back, err := i.backTo(r.FormValue("post_logout_redirect_uri")); err == nil {
		v := back.Query()
		if state := r.FormValue("state"); state != "" {
			v.Set("state", state)
		}
		back.RawQuery = v.Encode()
		http.Redirect(w, r, back.String(), http.StatusSeeOther)
		return
	}
	_, _ = fmt.Fprintln(w, "You are signed out.")
}

type page struct {
	Client, Back, User, Claims, Wrong string
	Hidden                            [][2]string
	Known                             []string
}

var signIn = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in</title>
<style>
:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem}
label{display:block;margin-top:1rem}input,textarea{box-sizing:border-box;width:100%;font:inherit;padding:.4rem}
textarea{font-family:ui-monospace,monospace;height:6rem}button{font:inherit;padding:.5rem 1.2rem;margin:1rem .5rem 0 0}
.wrong{color:light-dark(#b00,#f99)}
</style>
<h1>Sign in</h1>
<p>For development: whoever you say you are, <b>{{.Client}}</b> at {{.Back}} will believe it.</p>
{{with .Wrong}}<p class="wrong" role="alert">{{.}}</p>{{end}}
<form method="post" action="">
{{range .Hidden}}<input type="hidden" name="{{index . 0}}" value="{{index . 1}}">
{{end}}<label>Name (sub)<input name="username" value="{{.User}}" autocomplete="username" list="known" autofocus required></label>
<datalist id="known">{{range .Known}}<option>{{.}}</option>{{end}}</datalist>
<label>Further claims, as JSON<textarea name="claims" spellcheck="false">{{.Claims}}</textarea></label>
<button>Sign in</button><button name="deny" value="1" formnovalidate>Cancel</button>
</form>
</html>
`))
