package localissuer

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// oauthError is an answer of RFC 6749 section 5.2.
type oauthError struct{ code, description string }

func (e *oauthError) Error() string { return e.description }

// token is the token endpoint.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // RFC 6749 section 5.1
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, &oauthError{"invalid_request", "the token endpoint takes POST"})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil || len(r.PostForm) == 0 {
		refuse(w, &oauthError{"invalid_request", "the body must be application/x-www-form-urlencoded"})
		return
	}
	for name, values := range r.PostForm {
		if len(values) > 1 && name != "resource" { // RFC 8707 section 2
			refuse(w, &oauthError{"invalid_request", name + " is there twice"})
			return
		}
	}
	client, unknown := i.clientOf(r)
	if unknown != nil {
		if r.Header.Get("Authorization") != "" && unknown.code == "invalid_client" { // RFC 6749 section 5.2
			w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
			answer(w, http.StatusUnauthorized, map[string]string{"error": unknown.code, "error_description": unknown.description})
			return
		}
		refuse(w, unknown)
		return
	}
	g, again, err := i.granted(r.PostForm, client)
	if err != nil {
		refuse(w, err)
		return
	}
	body, err := i.issue(r.Context(), g)
	if err != nil {
		refuse(w, err)
		return
	}
	// A refresh token is used up when nothing can fail any more. Of two at once one is too late.
	if r.PostForm.Get("grant_type") == "refresh_token" && !i.refresh.take(r.PostForm.Get("refresh_token")) {
		refuse(w, &oauthError{"invalid_grant", "the refresh token was used a moment ago"})
		return
	}
	if again {
		g.less = "" // which was for this time
		body["refresh_token"] = i.refresh.keep(g)
	}
	answer(w, http.StatusOK, body)
}

func refuse(w http.ResponseWriter, err error) {
	e := &oauthError{}
	if errors.As(err, &e) {
		answer(w, http.StatusBadRequest, map[string]string{"error": e.code, "error_description": e.description})
		return
	}
	answer(w, http.StatusInternalServerError, map[string]string{"error": "server_error"})
}

// clientOf is who asks: by HTTP Basic, or in the form (RFC 6749 section 2.3.1). Where no
// Clients are configured every secret is taken.
func (i *Issuer) clientOf(r *http.Request) (name string, failed *oauthError) {
	name, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if r.Header.Get("Authorization") != "" {
		user, password, ok := r.BasicAuth()
		id, errID := url.QueryUnescape(user)
		text, errSecret := url.QueryUnescape(password)
		if !ok || errID != nil || errSecret != nil {
			return "", &oauthError{"invalid_client", "Authorization is not that of HTTP Basic"}
		}
		if secret != "" || name != "" && name != id {
			return "", &oauthError{"invalid_request", "the client is named twice"}
		}
		name, secret = id, text
	}
	if name == "" {
		return "", &oauthError{"invalid_client", "client_id is missing"}
	}
	want, known := i.Clients[name]
	if i.Clients != nil && (!known || subtle.ConstantTimeCompare([]byte(want), []byte(secret)) != 1) {
		return "", &oauthError{"invalid_client", "the client is unknown, or its secret another one"}
	}
	return name, nil
}

// needed are the parameters without which a request is none, by grant_type.
var needed = map[string][]string{
	"":                   {"grant_type"},
	"password":           {"username", "password"},
	"refresh_token":      {"refresh_token"},
	"authorization_code": {"code"},
}

// granted is what is to be issued, and whether with a refresh token.
func (i *Issuer) granted(q url.Values, client string) (g grant, again bool, err error) {
	for _, name := range needed[q.Get("grant_type")] {
		if q.Get(name) == "" { // RFC 6749 section 3.2: one without a value is not there
			return g, false, &oauthError{"invalid_request", name + " is missing"}
		}
	}
	switch q.Get("grant_type") {
	case "client_credentials":
		return grant{client: client, user: client, scope: q.Get("scope"), want: wanted(q)}, false, nil
	case "password":
		return grant{client: client, user: q.Get("username"), scope: q.Get("scope"), want: wanted(q), at: i.Now().Unix()}, true, nil
	case "refresh_token":
		g, ok := i.refresh.find(q.Get("refresh_token"))
		if !ok || g.client != client {
			return g, false, &oauthError{"invalid_grant", "the refresh token is unknown, used or another client's"}
		}
		g.nonce = ""
		if scope := q.Get("scope"); scope != "" { // the same or less of it (RFC 6749 section 6)
			for _, one := range strings.Fields(scope) {
				if !slices.Contains(strings.Fields(g.scope), one) {
					return g, false, &oauthError{"invalid_scope", "the scope was not granted at first"}
				}
			}
			g.less = scope
		}
		return g, true, nil
	case "authorization_code":
		// Used up by the first who shows it, also if he cannot prove that it is his.
		g, ok := i.codes.find(q.Get("code"))
		ok = i.codes.take(q.Get("code")) && ok
		proof := sha256.Sum256([]byte(q.Get("code_verifier")))
		switch {
		case !ok || g.client != client:
			return g, false, &oauthError{"invalid_grant", "the code is unknown, used or another client's"}
		case g.redirect != q.Get("redirect_uri"):
			return g, false, &oauthError{"invalid_grant", "redirect_uri is not that of the sign-in"}
		case subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(proof[:])), []byte(g.challenge)) != 1:
			return g, false, &oauthError{"invalid_grant", "code_verifier does not fit code_challenge (RFC 7636)"}
		}
		return g, true, nil
	}
	return g, false, &oauthError{"unsupported_grant_type", "grant_type must be authorization_code, refresh_token, client_credentials or password"}
}

// issue makes the tokens: the access token by RFC 9068 and, where openid is in the
// scope, an ID token.
func (i *Issuer) issue(ctx context.Context, g grant) (map[string]any, error) {
	iat := i.Now().Unix()
	exp := iat + int64(i.Lifetime.Seconds())
	p := core.Payload{}
	maps.Copy(p, i.Claims)
	maps.Copy(p, i.Users[g.user])
	maps.Copy(p, g.claims)
	maps.Copy(p, core.Payload{"iss": i.URL, "sub": g.user, "client_id": g.client, "iat": iat, "exp": exp, "jti": rand.Text()})
	switch {
	case g.want != "":
		p["aud"] = g.want
	case len(i.Audience) > 0:
		p["aud"] = i.Audience
	case p["aud"] == nil:
		p["aud"] = g.client
	}
	scope := cmp.Or(g.less, g.scope)
	if scope != "" {
		p["scope"] = scope
	}
	encode := core.Encoder(i)
	access, err := encode(ctx, map[string]any{"typ": "at+jwt"}, p)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": exp - iat}
	if scope != "" {
		body["scope"] = scope
	}
	if slices.Contains(strings.Fields(scope), "openid") {
		id := core.Payload{}
		maps.Copy(id, i.Users[g.user])
		maps.Copy(id, g.claims)
		maps.Copy(id, core.Payload{"iss": i.URL, "sub": g.user, "aud": g.client, "iat": iat, "exp": exp, "auth_time": g.at, "at_hash": i.hash(access)})
		if g.nonce != "" {
			id["nonce"] = g.nonce
		}
		if body["id_token"], err = encode(ctx, map[string]any{"typ": "JWT"}, id); err != nil {
			return nil, err
		}
	}
	return body, nil
}

// hash is at_hash (OpenID Connect Core section 3.1.3.6): the left half of the hash that
// the signature is made with.
func (i *Issuer) hash(token string) string {
	var sum []byte
	switch {
	case strings.HasSuffix(i.Algorithm, "256"):
		h := sha256.Sum256([]byte(token))
		sum = h[:]
	case strings.HasSuffix(i.Algorithm, "384"):
		h := sha512.Sum384([]byte(token))
		sum = h[:]
	default: // 512, and Ed25519, which has it inside
		h := sha512.Sum512([]byte(token))
		sum = h[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
