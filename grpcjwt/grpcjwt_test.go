package grpcjwt_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

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
