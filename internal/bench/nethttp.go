package main

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"

	auth0v2 "github.com/auth0/go-jwt-middleware/v2"
	auth0v2validator "github.com/auth0/go-jwt-middleware/v2/validator"
	auth0v3 "github.com/auth0/go-jwt-middleware/v3"
	auth0v3validator "github.com/auth0/go-jwt-middleware/v3/validator"
	"github.com/go-chi/jwtauth/v5"
	golangjwt "github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

type nethttpMiddleware func(*fixture) (func(http.Handler) http.Handler, error)

var nethttpContestants = []contestant{
	{"net/http", bareName, "", nethttpBuild(nethttpBare)},
	{"net/http", floorName, "", nethttpBuild(nethttpFloor)},
	{"net/http", refusalName, "", nethttpBuild(nethttpRefusal)},
	{"net/http", oursName, "github.com/jwtgate/jwtgate", nethttpBuild(nethttpOurs(0))},
	{"net/http", cachedName, "github.com/jwtgate/jwtgate", nethttpBuild(nethttpOurs(1024))},
	{"net/http", "golang-jwt by hand", "github.com/golang-jwt/jwt/v5", nethttpBuild(nethttpByHand)},
	{"net/http", "jwtauth", "github.com/go-chi/jwtauth/v5", nethttpBuild(nethttpJWTAuth)},
	{"net/http", "auth0 v2", "github.com/auth0/go-jwt-middleware/v2", nethttpBuild(nethttpAuth0v2)},
	{"net/http", "auth0 v3", "github.com/auth0/go-jwt-middleware/v3", nethttpBuild(nethttpAuth0v3)},
}

func nethttpBuild(middleware nethttpMiddleware) func([]*fixture) (webapp, error) {
	return func(fixtures []*fixture) (webapp, error) {
		mux := http.NewServeMux()
		for _, f := range fixtures {
			wrap, err := middleware(f)
			if err != nil {
				return nil, err
			}
			mux.Handle(f.path(), wrap(http.HandlerFunc(nethttpOK)))
		}
		return nethttpApp{mux}, nil
	}
}

func nethttpBare(*fixture) (func(http.Handler) http.Handler, error) {
	return func(next http.Handler) http.Handler { return next }, nil
}

func nethttpOK(w http.ResponseWriter, _ *http.Request) {
	w.Header()["Content-Type"] = okTypes
	_, _ = w.Write(okBody)
}

func nethttpFloor(*fixture) (func(http.Handler) http.Handler, error) {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), floorKey{}, floorIdentity)))
		})
	}, nil
}

func nethttpRefusal(f *fixture) (func(http.Handler) http.Handler, error) {
	res := missingAnswer(f)
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for name, values := range res.Header {
				w.Header()[name] = values
			}
			w.WriteHeader(res.Status)
			_, _ = w.Write(res.Body)
		})
	}, nil
}

func nethttpOurs(cacheTokens int) nethttpMiddleware {
	return func(f *fixture) (func(http.Handler) http.Handler, error) {
		auth, err := core.New(f.config(cacheTokens))
		if err != nil {
			return nil, err
		}
		return nethttpjwt.Require(auth), nil
	}
}

// nethttpByHand is what an application writes that uses no middleware.
func nethttpByHand(f *fixture) (func(http.Handler) http.Handler, error) {
	parser := golangjwt.NewParser(golangjwt.WithValidMethods([]string{f.Alg}), golangjwt.WithExpirationRequired())
	keyfunc := func(*golangjwt.Token) (any, error) { return f.verify, nil }
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			value, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok {
				http.Error(w, "no token", http.StatusUnauthorized)
				return
			}
			token, err := parser.Parse(value, keyfunc)
			if err != nil {
				http.Error(w, "bad token", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), floorKey{}, token)))
		})
	}, nil
}

func nethttpJWTAuth(f *fixture) (func(http.Handler) http.Handler, error) {
	ja := jwtauth.New(f.Alg, f.sign, f.verify)
	return func(next http.Handler) http.Handler {
		return jwtauth.Verifier(ja)(jwtauth.Authenticator(ja)(next))
	}, nil
}

func nethttpAuth0v2(f *fixture) (func(http.Handler) http.Handler, error) {
	v, err := auth0v2validator.New(func(context.Context) (any, error) { return f.verify, nil },
		auth0v2validator.SignatureAlgorithm(f.Alg), issuer, []string{audience})
	if err != nil {
		return nil, err
	}
	return auth0v2.New(v.ValidateToken).CheckJWT, nil
}

func nethttpAuth0v3(f *fixture) (func(http.Handler) http.Handler, error) {
	v, err := auth0v3validator.New(
		auth0v3validator.WithKeyFunc(func(context.Context) (any, error) { return f.verify, nil }),
		auth0v3validator.WithAlgorithm(auth0v3validator.SignatureAlgorithm(f.Alg)),
		auth0v3validator.WithIssuer(issuer),
		auth0v3validator.WithAudience(audience))
	if err != nil {
		return nil, err
	}
	m, err := auth0v3.New(auth0v3.WithValidator(v))
	if err != nil {
		return nil, err
	}
	return m.CheckJWT, nil
}

// nethttpApp is any framework that is an http.Handler: net/http, Gin, Echo.
type nethttpApp struct{ handler http.Handler }

func (a nethttpApp) exchange(path, authorization string) (func() int, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(requestBytes(path, authorization))))
	if err != nil {
		return nil, err
	}
	r.RemoteAddr = "127.0.0.1:50000"
	w := &answer{header: http.Header{}}
	return func() int {
		clear(w.header)
		w.status = 0
		a.handler.ServeHTTP(w, r)
		return w.status
	}, nil
}

func (a nethttpApp) serve(l net.Listener) error {
	return (&http.Server{Handler: a.handler}).Serve(l)
}

// answer is the least that an http.ResponseWriter can be: it keeps the header
// and the status, and counts the body.
type answer struct {
	header http.Header
	status int
	size   int
}

func (w *answer) Header() http.Header { return w.header }

func (w *answer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *answer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.size += len(b)
	return len(b), nil
}
