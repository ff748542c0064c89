package explain

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/jwtgate/jwtgate/core"
)

// Token asks decode about a token, and tells what stands in it beside what the rules
// want: for the eyes of who has the token, and not for a log. decode is that of
// [core.Decoder] with the same rules, or of [core.DecoderOf]. rules may be zero, then
// what was wanted stands in the reasons alone.
func Token(ctx context.Context, decode core.DecodeHandler, rules core.ClaimRules, token string) Report {
	_, err := decode(ctx, token)
	r := report(ofDecoder, eventOf(err))
	seen := look(token)
	now := time.Now
	if rules.Now != nil {
		now = rules.Now
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Verdict == NotReached {
			continue
		}
		switch f.Step {
		case "form":
			f.Found = fmt.Sprintf("%d bytes", len(token))
		case "key":
			f.Found = seen.named("alg", "kid")
		case "signature":
			if f.Verdict == No {
				f.Found = seen.named("alg", "kid")
			}
		case "payload":
			if f.Verdict == No {
				f.Found = short(seen.payload)
			}
		case "type":
			f.Found, f.Wanted = seen.named("typ"), strings.Join(rules.Types, ", ")
		case "claims":
			f.Wanted = strings.Join(rules.Required, ", ")
			if r.Kind == core.MissingClaim && f.Verdict == No && !slices.Contains(rules.Required, f.Claim) {
				f.Wanted = f.Claim
			}
		case "dates":
			f.Found = seen.dates(now())
			if f.Verdict == No {
				f.Wanted = wantedDate(r.Kind, f.Claim, rules)
			}
		case "issuer":
			f.Found, f.Wanted = seen.claim("iss"), rules.Issuer
		case "audience":
			f.Found, f.Wanted = seen.claim("aud", "client_id"), strings.Join(slices.Concat(rules.Audience, rules.ClientID), ", ")
		}
		if f.Verdict == No && f.Claim != "" && f.Step != "dates" && f.Step != "audience" {
			f.Found = seen.claim(f.Claim)
		}
		if f.Verdict == No && signed(r) && seen.isIDToken() {
			f.Fix = "it looks like an ID token, which tells a client who has signed in: send the access token"
		}
	}
	return r
}

// signed reports whether the judgement came to what a key had signed.
func signed(r Report) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Step == "signature" && f.Verdict == OK })
}

// wantedDate is what the rules let a date be that they refused.
func wantedDate(kind core.Kind, claim string, rules core.ClaimRules) string {
	past := max(rules.Leeway, 0)
	future := past
	if rules.Leeway == 0 {
		future = 30 * time.Second
	}
	switch kind {
	case core.Expired:
		if past == 0 {
			return "exp ahead"
		}
		return fmt.Sprintf("exp less than %v ago", past)
	case core.NotYetValid, core.IssuedInFuture:
		return fmt.Sprintf("%s at most %v ahead", claim, future)
	case core.TooOld:
		return fmt.Sprintf("iat less than %v ago", rules.MaxAge+past)
	}
	return fmt.Sprintf("exp at most %v after iat", rules.MaxLifetime)
}

// seen is what stands in a token, verified or not.
type seen struct {
	header  map[string]any
	payload string
	claims  *core.Claims
}

func look(token string) (s seen) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return s
	}
	segment := func(i int) []byte {
		text, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[i], "="))
		return text
	}
	_ = json.Unmarshal(segment(0), &s.header)
	s.payload = string(segment(1))
	s.claims, _ = core.ParseClaims([]byte(s.payload))
	return s
}

// isIDToken reports whether it has what ID tokens have and access tokens have not, by
// OpenID Connect Core or by the habit of a provider.
func (s seen) isIDToken() bool {
	if s.claims == nil {
		return false
	}
	has := func(names ...string) bool { return slices.ContainsFunc(names, s.claims.Has) }
	typ, _ := s.claims.String("typ")       // Keycloak's
	use, _ := s.claims.String("token_use") // Cognito's
	return has("at_hash", "c_hash", "s_hash") || typ == "ID" || use == "id" || has("nonce") && !has("typ", "scope", "scp")
}

// named are parameters of the header.
func (s seen) named(names ...string) string {
	var list []string
	for _, name := range names {
		if v, ok := s.header[name]; ok {
			list = append(list, fmt.Sprintf("%s %s", name, short(fmt.Sprint(v))))
		} else {
			list = append(list, "no "+name)
		}
	}
	return strings.Join(list, ", ")
}

// claim are those of these claims that are there.
func (s seen) claim(names ...string) string {
	if s.claims == nil || names[0] == "" {
		return ""
	}
	var list []string
	for _, name := range names {
		if s.claims.Has(name) {
			list = append(list, name+" "+short(string(s.claims.Raw(name))))
		}
	}
	if list == nil {
		return "no " + names[0]
	}
	return strings.Join(list, ", ")
}

// dates are exp, nbf and iat as a clock shows them, and how far away they are.
func (s seen) dates(now time.Time) string {
	if s.claims == nil {
		return ""
	}
	var list []string
	for _, name := range []string{"exp", "nbf", "iat"} {
		if t, ok := s.claims.Time(name); ok {
			list = append(list, name+" "+Date(t, now))
		}
	}
	return strings.Join(list, "; ")
}

// Date is a time and how far it is away, in words for people.
func Date(t, now time.Time) string {
	const day = 24 * 60 * 60
	text := t.UTC().Format(time.RFC3339) + ", "
	seconds := t.Round(time.Second).Unix() - now.Round(time.Second).Unix() // a Duration ends at 292 years
	far := max(seconds, -seconds)
	how := (time.Duration(min(far, 2*day)) * time.Second).String()
	switch {
	case far == 0:
		return text + "now"
	case far > 2*365*day:
		how = fmt.Sprintf("%d years", far/(365*day))
	case far > 2*day:
		how = fmt.Sprintf("%d days", far/day)
	}
	if seconds > 0 {
		return text + "in " + how
	}
	return text + how + " ago"
}

// short cuts a text to a line, with nothing in it that a terminal obeys or does not show.
func short(s string) string {
	const most = 200
	cut := ""
	if len(s) > most {
		s, cut = s[:most], "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(s, "")) + cut
}
