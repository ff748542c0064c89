package redisstore_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// TestPosture: each option of an Insecure name is in Auth.Posture while it is on.
func TestPosture(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", ContextTimeoutEnabled: true}) // nothing is asked of it
	t.Cleanup(func() { _ = client.Close() })
	of := func(cfg redisstore.Config) string {
		cfg.Realm = "posture"
		list, err := redisstore.NewTokenDenyList(client, cfg)
		if err != nil {
			t.Fatal(err)
		}
		return core.Must(core.Config[*core.Claims]{Keys: jwttest.Secret(), Revocation: list,
			Rules: core.ClaimRules{Required: []string{"jti"}}}).Posture().String()
	}
	if got := of(redisstore.Config{}); strings.Contains(got, "Insecure") {
		t.Errorf("nothing is on, and Posture says %q", got)
	}
	fields := reflect.TypeFor[redisstore.Config]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		if !strings.HasPrefix(name, "Insecure") {
			continue
		}
		var cfg redisstore.Config
		switch v := reflect.ValueOf(&cfg).Elem().Field(i); v.Kind() {
		case reflect.Bool:
			v.SetBool(true)
		default:
			v.SetInt(int64(time.Minute))
		}
		if got := of(cfg); !strings.Contains(got, "Revocation: redisstore.Config."+name+": ") {
			t.Errorf("%s is on, and Posture says %q", name, got)
		}
	}
}
