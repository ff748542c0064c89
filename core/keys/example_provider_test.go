package keys_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/jwtgate/jwtgate/core/keys"
)

// A provider whose issuer is its name on the Internet, and which is reached by
// another one inside the cluster, by plain http.
func ExampleNewOIDC_cluster() {
	source, err := keys.NewOIDC("https://id.example.com/realms/shop", keys.RemoteConfig{
		BaseURL:      "http://keycloak:8080/realms/shop",
		InsecureHTTP: true,
	})
	fmt.Println(source, err)
	// Output: Remote[issuer https://id.example.com/realms/shop] <nil>
}

// An issuer that a tenant has entered: no address inside our own networks is
// connected to, but for one where a provider is.
func ExampleNewOIDC_tenant() {
	cfg := keys.RemoteConfig{
		PublicOnly:   true,
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")},
	}
	for _, issuer := range []string{"https://login.example.com", "https://10.20.0.7", "https://169.254.169.254"} {
		_, err := keys.NewOIDC(issuer, cfg)
		fmt.Println(issuer, err == nil)
	}
	// Output:
	// https://login.example.com true
	// https://10.20.0.7 true
	// https://169.254.169.254 false
}

// Firebase publishes certificates by their ids.
func ExampleNewRemote_certificates() {
	source, err := keys.NewRemote("https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com", keys.RemoteConfig{
		Format: keys.PEMMap,
		Issuer: "https://securetoken.google.com/my-project",
	})
	fmt.Println(err, source.Facts().Issuers)
	// Output: <nil> [https://securetoken.google.com/my-project]
}

// The keys of AWS's load balancers in a region.
func ExampleNewALB() {
	source, err := keys.NewALB("eu-west-1", keys.RemoteConfig{Issuer: "https://id.example.com"})
	fmt.Println(source, err)
	// Output: ALB[https://public-keys.auth.elb.eu-west-1.amazonaws.com] <nil>
}

// A file with a JWK Set, which somebody else replaces.
func ExampleLoadSetFile() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "jwks.json")
	if err := os.WriteFile(path, []byte(oneKeySet), 0o600); err != nil {
		log.Fatal(err)
	}

	file, err := keys.LoadSetFile(path, keys.SetFileConfig{})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go file.Watch(ctx)
	fmt.Println(file.Set())
	// Output: Keys[Key{EdDSA, id "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", verifies only}]
}
