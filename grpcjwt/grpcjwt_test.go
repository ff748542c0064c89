package grpcjwt_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/grpcjwt"
)

// service is the health service, whose answer says who called, by the length of the name.
type service struct {
	grpc_health_v1.UnimplementedHealthServer
	said chan string
}

func (s service) who(ctx context.Context) *grpc_health_v1.HealthCheckResponse {
	name, ok := grpcjwt.Identity[string](ctx)
	if claims, claimed := grpcjwt.Claims(ctx); ok != claimed || ok && claims.Subject() != name {
		name = "two that differ"
	}
	s.said <- name
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}
}

func (s service) Check(ctx context.Context, _ *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	return s.who(ctx), nil
}

func (s service) Watch(_ *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	return stream.Send(s.who(stream.Context()))
}

// start serves with a gate and connects; over TLS if there is a certificate.
func start(t testing.TB, gate []grpc.ServerOption, cert *tls.Certificate, dial ...grpc.DialOption) (service, grpc_health_v1.HealthClient) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client := insecure.NewCredentials()
	if cert != nil {
		gate = append(gate, grpc.Creds(credentials.NewServerTLSFromCert(cert)))
		roots := x509.NewCertPool()
		roots.AddCert(cert.Leaf)
		client = credentials.NewTLS(&tls.Config{RootCAs: roots, ServerName: "localhost"})
	}
	s := service{said: make(chan string, 1)}
	server := grpc.NewServer(gate...)
	grpc_health_v1.RegisterHealthServer(server, s)
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(ln.Addr().String(), append(dial, grpc.WithTransportCredentials(client))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return s, grpc_health_v1.NewHealthClient(conn)
}

// calls are the two ways of calling.
var calls = map[string]func(context.Context, grpc_health_v1.HealthClient) error{
	"unary": func(ctx context.Context, c grpc_health_v1.HealthClient) error {
		_, err := c.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		return err
	},
	"stream": func(ctx context.Context, c grpc_health_v1.HealthClient) error {
		stream, err := c.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
		if err != nil {
			return err
		}
		_, err = stream.Recv()
		return err
	},
}

// outcomes is what guards and steps say, by the claim "do".
func outcome(do string) error {
	switch do {
	case "":
		return nil
	case "forbidden":
		return core.Forbidden
	case "scope":
		return &core.Error{Kind: core.InsufficientScope, Scopes: []string{"orders:read", "orders:write"}}
	case "step up":
		return &core.Error{Kind: core.StepUp, ACR: []string{"mfa"}}
	case "too many":
		return &core.Error{Kind: core.TooManyRequests, RetryAfter: 1500 * time.Millisecond}
	case "unavailable":
		return &core.Error{Kind: core.Unavailable, Cause: errors.New("dial tcp 10.0.0.7: refused"), RetryAfter: time.Minute}
	case "error":
		return errors.New("dial tcp 10.0.0.7: refused")
	case "panic":
		panic("this is told to nobody")
	case "Goexit":
		runtime.Goexit()
	}
	return errors.New(do)
}

func TestOutcomes(t *testing.T) {
	auth := core.Must(core.Config[string]{
		Keys: jwttest.Secret(),
		Identify: func(_ context.Context, c *core.Claims) (string, error) {
			do, _ := c.String("do")
			return c.Subject(), outcome(do)
		},
	})
	token := func(claims core.Payload) string {
		return "Bearer " + jwttest.Mint(t, jwttest.Secret(), claims)
	}
	do := func(what string) string { return token(core.Payload{"sub": "joe", "do": what}) }
	const unauthenticated, denied = codes.Unauthenticated, codes.PermissionDenied
	for _, tt := range []struct {
		name   string
		auth   []string // values of authorization
		code   codes.Code
		reason string
		scope  string
		retry  time.Duration
		anyone codes.Code // of Optional
	}{
		{"a good token", []string{do("")}, codes.OK, "", "", 0, codes.OK},
		{"none", nil, unauthenticated, "missing_token", "", 0, codes.OK},
		{"two", []string{do(""), do("")}, unauthenticated, "invalid_request", "", 0, unauthenticated},
		{"another scheme", []string{"Basic x"}, unauthenticated, "missing_token", "", 0, codes.OK},
		{"nonsense", []string{"Bearer x"}, unauthenticated, "invalid_token", "", 0, unauthenticated},
		{"expired", []string{token(core.Payload{"sub": "joe", "exp": 1})}, unauthenticated, "invalid_token", "", 0, unauthenticated},
		{"step up", []string{do("step up")}, unauthenticated, "insufficient_user_authentication", "", 0, unauthenticated},
		{"forbidden", []string{do("forbidden")}, denied, "forbidden", "", 0, denied},
		{"scope", []string{do("scope")}, denied, "insufficient_scope", "orders:read orders:write", 0, denied},
		{"too many", []string{do("too many")}, codes.ResourceExhausted, "too_many_requests", "", 2 * time.Second, codes.ResourceExhausted},
		{"unavailable", []string{do("unavailable")}, codes.Unavailable, "temporarily_unavailable", "", time.Minute, codes.Unavailable},
		{"error", []string{do("error")}, codes.Internal, "server_error", "", 0, codes.Internal},
		{"panic", []string{do("panic")}, codes.Internal, "server_error", "", 0, codes.Internal},
		{"Goexit", []string{do("Goexit")}, codes.Internal, "server_error", "", 0, codes.Internal},
	} {
		for mode, gate := range map[string][]grpc.ServerOption{"require": grpcjwt.Require(auth), "optional": grpcjwt.Optional(auth)} {
			s, client := start(t, gate, nil)
			for how, call := range calls {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				for _, value := range tt.auth {
					ctx = metadata.AppendToOutgoingContext(ctx, "authorization", value)
				}
				err := call(ctx, client)
				cancel()
				want, who := tt.code, "joe"
				if mode == "optional" {
					want = tt.anyone
					if tt.reason != "" {
						who = ""
					}
				}
				if got := status.Code(err); got != want {
					t.Errorf("%s, %s, %s: got %v, want %v", tt.name, mode, how, err, want)
					continue
				}
				if want == codes.OK {
					if got := <-s.said; got != who {
						t.Errorf("%s, %s, %s: got %q, want %q", tt.name, mode, how, got, who)
					}
					continue
				}
				if strings.Contains(err.Error(), "10.0.0.7") || strings.Contains(err.Error(), "nobody") {
					t.Errorf("%s, %s: the client hears the cause: %v", tt.name, how, err)
				}
				var reason, scope string
				var retry time.Duration
				for _, detail := range status.Convert(err).Details() {
					switch d := detail.(type) {
					case *errdetails.ErrorInfo:
						reason, scope = d.Reason, d.Metadata["scope"]
						if d.Domain != grpcjwt.Domain {
							t.Errorf("got the domain %q", d.Domain)
						}
					case *errdetails.RetryInfo:
						retry = d.RetryDelay.AsDuration()
					}
				}
				if reason != tt.reason || scope != tt.scope || retry != tt.retry {
					t.Errorf("%s, %s: got %q, %q, %v, want %q, %q, %v", tt.name, how, reason, scope, retry, tt.reason, tt.scope, tt.retry)
				}
			}
		}
	}
}

// TestOnError: what OnError makes of an error is what the client is told.
func TestOnError(t *testing.T) {
	auth := core.Must(core.Config[string]{Keys: jwttest.Secret(), OnError: func(_ core.Request, e *core.Error) core.Response {
		e.Kind = core.Forbidden
		return core.Response{Status: 418}
	}})
	_, client := start(t, grpcjwt.Require(auth), nil)
	for how, call := range calls {
		if err := call(t.Context(), client); status.Code(err) != codes.PermissionDenied {
			t.Errorf("%s: got %v", how, err)
		}
	}
	foreign := grpcjwt.Use(func(r core.Request) (context.Context, core.Response, bool) {
		return nil, core.Response{Status: 503}, false
	})
	_, client = start(t, foreign, nil)
	for how, call := range calls {
		if err := call(t.Context(), client); status.Code(err) != codes.Unavailable {
			t.Errorf("%s, a gate of one's own: got %v", how, err)
		}
	}
}

// TestRequest: core sees the method, the peer, the authority and TLS.
func TestRequest(t *testing.T) {
	cert := certificate(t)
	for _, encrypted := range []bool{false, true} {
		var seen []string
		auth := jwttest.Auth(t, "joe", core.Payload{})
		guard := core.GuardFunc(func(_ context.Context, r core.Request, _ *core.Claims) error {
			more := r.(interface {
				Framework() string
				Pattern() string
				Protocol() string
				TLS() *tls.ConnectionState
			})
			host, _, _ := net.SplitHostPort(r.RemoteAddr())
			state := more.TLS()
			if (state != nil) != encrypted || encrypted && !state.HandshakeComplete {
				t.Errorf("TLS: got %v", state)
			}
			seen = []string{r.Method(), r.Scheme(), r.Path(), r.RawQuery(), host, more.Framework(), more.Pattern(), more.Protocol(), strings.Join(r.Header("X-Many"), ",")}
			if authority, _, _ := net.SplitHostPort(r.Host()); authority != "127.0.0.1" && r.Host() != "localhost" {
				t.Errorf("Host: got %q", r.Host())
			}
			return nil
		})
		c, scheme := &cert, "https"
		if !encrypted {
			c, scheme = nil, "http"
		}
		s, client := start(t, grpcjwt.Require(auth, guard), c)
		ctx := metadata.AppendToOutgoingContext(t.Context(), "x-many", "one", "x-many", "two")
		if err := calls["unary"](ctx, client); err != nil {
			t.Fatal(err)
		}
		<-s.said
		const method = "/grpc.health.v1.Health/Check"
		want := []string{"POST", scheme, method, "", "127.0.0.1", "grpc", method, "HTTP/2.0", "one,two"}
		if !slices.Equal(seen, want) {
			t.Errorf("got %q, want %q", seen, want)
		}
	}
}

func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}
