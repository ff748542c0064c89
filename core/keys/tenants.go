package keys

import (
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/jwk"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// tenantID stands in the metadata of Entra ID where each of its tenants has an
// issuer of its own, with its id in this place.
const tenantID = "{tenantid}"

// checkTenants says what is wrong with the tenants of an issuer.
func (c RemoteConfig) checkTenants(issuer string) (bad setup.Mistakes) {
	several := strings.Contains(issuer, tenantID)
	switch {
	case several && len(c.Tenants) == 0:
		bad.Add("Tenants", "list the ids of those whose tokens are taken", "none, and the issuer %q has one for each", issuer)
	case !several && len(c.Tenants) > 0:
		bad.Add("Tenants", "give NewOIDC an issuer with "+tenantID+" in the place of the id", "%q is one issuer", issuer)
	}
	for i, tenant := range c.Tenants {
		switch {
		case tenant == "" || strings.Trim(tenant, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_") != "":
			bad.Add("Tenants", "give its directory id, as the claim tid has it", "%.64q is no id of a tenant", tenant)
		case slices.Contains(c.Tenants[:i], tenant):
			bad.Add("Tenants", "remove one", "%q is there twice", tenant)
		}
	}
	return bad
}

// issuers are those whose tokens the keys verify; nil: not known.
func (c RemoteConfig) issuers() (list []string) {
	for _, tenant := range c.Tenants {
		list = append(list, strings.ReplaceAll(c.Issuer, tenantID, tenant))
	}
	if list == nil && c.Issuer != "" {
		list = []string{c.Issuer}
	}
	return list
}

// ownerOf is the one issuer whose tokens a key of Entra ID signs, if its set says
// so; "" for a key that signs for every tenant. The set of all tenants has keys of
// both kinds.
func ownerOf(j *jwk.Key) (string, error) {
	issuer, err := j.Text("issuer")
	if strings.Contains(issuer, tenantID) {
		issuer = ""
	}
	return issuer, err
}

// forIssuer returns the keys as keys of the one issuer, without those that are
// another's: the same *Key for the same key, as long as it is trusted.
func forIssuer(keys []*Key, issuer string) (bound []*Key) {
	for _, k := range keys {
		if k.m.issuer != "" && k.m.issuer != issuer {
			continue
		}
		b, ok := k.m.tenants.Load(issuer)
		if !ok {
			b, _ = k.m.tenants.LoadOrStore(issuer, k.ofIssuer(issuer))
		}
		key := b.(*Key)
		if len(keys) == 1 {
			return key.m.self
		}
		bound = append(bound, key)
	}
	return bound
}

// ofIssuer is a public key that is bound to an issuer.
func (k *Key) ofIssuer(issuer string) *Key {
	m := *k.m
	m.issuer, m.tenants = issuer, nil
	b := &Key{&m}
	m.self, m.public = []*Key{b}, b
	m.facts = factsOfKeys(m.self)
	return b
}
