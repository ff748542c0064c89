package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

var doctor = command{
	name:  "doctor",
	short: "look at a server's settings, keys, provider, clock and Redis",
	long: `It reads the environment as the server does, and asks whom that names. Each check
is ok, warn, fail or unknown, with what was found and how to mend it; warnings do
not make it a no. It shows no secret. Of Redis it reads the version and what
happens when its memory is full.`,
	flags: func(fs *flag.FlagSet) runner {
		prefix := fs.String("prefix", "JWT_", "`prefix` of the server's variables")
		redis := fs.String("redis", "", "`URL` of the Redis that keeps sessions, as redis://host:6379; one with a password better in REDIS_URL")
		clock := fs.String("clock", "", "`URL` of a web server whose clock is right; without it, the provider's")
		return func(ctx context.Context, e *env, _ []string) (int, error) {
			d := &diagnosis{env: e}
			d.look(ctx, *prefix, *clock, *redis)
			return d.status(), e.print(d, d.tell)
		}
	},
}

// check is one thing that was looked at.
type check struct {
	Name  string `json:"check"`
	State string `json:"state"` // ok, warn, fail, unknown
	Found string `json:"found"`
	Fix   string `json:"fix,omitempty"`
}

// diagnosis is all that was looked at.
type diagnosis struct {
	*env   `json:"-"`
	Checks []check `json:"checks"`
}

func (d *diagnosis) add(name, state, found, fix string) {
	d.Checks = append(d.Checks, check{name, state, escaped(found), escaped(fix)})
}

// mistakes adds what a configuration gets wrong, each with its fix.
func (d *diagnosis) mistakes(err error) {
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range list.Unwrap() {
			d.mistakes(e)
		}
		return
	}
	found := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "jwtgate: "), "core.New: ")
	fix := "set it as docs/settings.md says, or unset it"
	if i := strings.LastIndex(found, "; "); i > 0 { // as core.Mistake writes it
		found, fix = found[:i], found[i+2:]
	}
	d.add("settings", "fail", found, fix)
}

func (d *diagnosis) status() int {
	status := yes
	for _, c := range d.Checks {
		switch {
		case c.State == "fail":
			return no
		case c.State == "unknown":
			status = unknown
		}
	}
	return status
}

func (d *diagnosis) tell(w io.Writer) {
	for _, c := range d.Checks {
		fmt.Fprintf(w, "%-12s %-8s %s\n", c.Name, c.State, c.Found)
		if c.Fix != "" {
			fmt.Fprintf(w, "%-12s %-8s %s\n", "", "to mend:", c.Fix)
		}
	}
}

// look goes through everything, in the order in which a server meets it.
func (d *diagnosis) look(ctx context.Context, prefix, clock, redis string) {
	cfg := core.Config[*core.Claims]{Now: d.now}
	said := &skippedKeys{}
	cfg.Observer = said
	if d.settings(&cfg, prefix) {
		d.keys(prefix, cfg)
		provider := d.provider(ctx, prefix, cfg, said)
		if clock == "" {
			clock = provider
		}
		if cfg.Keys != nil {
			d.posture(prefix, cfg)
		}
	}
	if clock != "" {
		d.clock(ctx, clock)
	}
	if redis = cmp.Or(redis, d.getenv("REDIS_URL")); redis != "" {
		d.redis(ctx, redis)
	}
}

// settings reads the environment, and says whether there is something to go on with.
func (d *diagnosis) settings(cfg *core.Config[*core.Claims], prefix string) bool {
	var named []string
	for _, v := range d.environ {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, prefix) {
			named = append(named, name)
		}
	}
	if err := cfg.ReadEnv(prefix, d.environ); err != nil {
		d.mistakes(err)
		return false
	}
	if len(named) == 0 {
		d.add("settings", "fail", "no variable begins with "+prefix, "run it with the server's environment, or name its -prefix")
		return false
	}
	slices.Sort(named)
	d.add("settings", "ok", strings.Join(named, ", "), "")
	return true
}

// keys says which there are, and who else may read them.
func (d *diagnosis) keys(prefix string, cfg core.Config[*core.Claims]) {
	if cfg.Keys == nil {
		d.add("keys", "fail", "the environment names none", prefixed("set JWT_SECRET_KEY_FILE, JWT_PUBLIC_KEY_FILE, JWT_KEY_DIR, JWT_JWKS_FILE, JWT_JWKS_URL or JWT_OIDC_ISSUER", prefix))
		return
	}
	facts := keys.FactsOf(cfg.Keys)
	found := fmt.Sprint(cfg.Keys)
	if len(facts.Algorithms) > 0 {
		found = strings.Join(facts.Algorithms, ", ") + ": " + found
	}
	if signer, ok := cfg.Keys.(keys.Signer); !ok || facts.VerifiesOnly || !canSign(signer) {
		found += "; it verifies, and issues nothing"
	}
	d.add("keys", "ok", found, "")
	for _, n := range facts.Notices {
		found, fix, _ := strings.Cut(errors.Join(n.Failure, n.Skipped).Error(), "; say: ")
		d.add("keys", "warn", found, cmp.Or(fix, "tokens of such a key are refused: let its owner replace it"))
	}
}

func canSign(s keys.Signer) bool {
	c, ok := s.(interface{ CanSign() bool })
	return !ok || c.CanSign()
}

func (d *diagnosis) getenv(name string) (value string) {
	for _, v := range d.environ {
		if n, text, _ := strings.Cut(v, "="); n == name {
			value = text
		}
	}
	return value
}

// provider fetches the keys of one, and returns a URL of his.
func (d *diagnosis) provider(ctx context.Context, prefix string, cfg core.Config[*core.Claims], said *skippedKeys) string {
	remote, ok := cfg.Keys.(*keys.Remote)
	if !ok {
		return ""
	}
	defer remote.Close()
	ctx, cancel := bounded(ctx)
	defer cancel()
	begin := time.Now()
	err := remote.Fetch(ctx)
	url := cmp.Or(d.getenv(prefix+"OIDC_ISSUER"), d.getenv(prefix+"JWKS_URL"))
	var passing interface{ Temporary() bool }
	switch found := strings.TrimPrefix(fmt.Sprint(err), "jwtgate: "); {
	case err == nil:
	case errors.As(err, new(net.Error)), errors.Is(err, io.EOF), errors.As(err, &passing) && passing.Temporary(), ctx.Err() != nil:
		d.add("provider", "unknown", found, "is it up, and its name right? is there a proxy or a firewall in between?")
		return url
	default:
		d.add("provider", "fail", found, "is its name right, to the letter?")
		return url
	}
	d.add("provider", "ok", fmt.Sprintf("%s, fetched in %v", remote, time.Since(begin).Round(time.Millisecond)), "")
	for _, skipped := range said.all {
		d.add("provider", "warn", skipped, "tokens of such a key are refused")
	}
	return url
}

// skippedKeys hears of keys that are not used.
type skippedKeys struct{ all []string }

func (s *skippedKeys) Observe(_ context.Context, e core.Event) {
	if e.Kind == 0 && e.Cause != nil {
		s.all = append(s.all, e.Cause.Error())
	}
}
