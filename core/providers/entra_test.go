package providers_test

import (
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/providers"
)

const (
	contoso  = "8c6de7c5-1111-4222-8333-94a5b6c7d8e9"
	fabrikam = "2f4a8b1c-aaaa-4bbb-8ccc-1234567890ab"
	evilCorp = "66666666-6666-4666-8666-666666666666"
	orders   = "6e74172b-be56-4843-9ff4-e66a39bb12e3" // the Application ID of the API
	frontend = "0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9"
)

// entra is the part of login.microsoftonline.com that is asked for keys. Its keys have
// x5c and no alg; those of all tenants say whose they are.
//
// https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens (validation,
// signing keys and their issuers),
// https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc (metadata).
func entra() internet {
	const at = "https://login.microsoftonline.com/"
	cert := rsaKey().certificate()
	key := func(p pair, issuer string) members {
		return p.jwk(members{"use": "sig", "x5t": thumbprint(cert), "x5c": []string{std64(cert)}, "issuer": issuer, "cloud_instance_name": "microsoftonline.com"})
	}
	const everybody = at + "{tenantid}/v2.0"
	web := internet{}
	for _, tenant := range []string{contoso, fabrikam, evilCorp, "organizations"} {
		issuer, v1 := strings.Replace(everybody, "{tenantid}", tenant, 1), "https://sts.windows.net/"+tenant+"/"
		if tenant == "organizations" {
			issuer, v1 = everybody, "https://sts.windows.net/{tenantid}/"
		}
		more := members{"tenant_region_scope": nil, "cloud_instance_name": "microsoftonline.com", "msgraph_host": "graph.microsoft.com",
			"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"}}
		web[at+tenant+"/v2.0/.well-known/openid-configuration"] = metadata(issuer, at+tenant+"/discovery/v2.0/keys", more)
		web[at+tenant+"/.well-known/openid-configuration"] = metadata(v1, at+tenant+"/discovery/keys", more)
		web[at+tenant+"/discovery/v2.0/keys"] = keySet(key(rsaKey(), everybody), key(evilKey().named("evil"), strings.Replace(everybody, "{tenantid}", evilCorp, 1)))
		web[at+tenant+"/discovery/keys"] = keySet(with(key(rsaKey(), everybody), members{"issuer": nil}))
	}
	return web
}

func TestEntra(t *testing.T) {
	web := entra()
	of := func(tenant string, more members) string {
		return rsaKey().sign(members{"typ": "JWT"}, with(dated(members{
			"aud": orders, "iss": "https://login.microsoftonline.com/" + tenant + "/v2.0", "nbf": now.Unix() - 60, "aio": "AVQAq/8T",
			"azp": frontend, "azpacr": "0", "name": "Joe", "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474", "preferred_username": "joe@contoso.com",
			"rh": "I", "scp": "orders.read orders.write", "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": tenant, "uti": "fqiBqXLPj0eQa82S", "ver": "2.0",
		}), more))
	}
	tries := []try{
		{"an access token", of(contoso, nil), 0},
		{"an app's own, with a role", of(contoso, members{"scp": nil, "idtyp": "app", "roles": []string{"Orders.Read.All"}}), 0},
		{"an app's own, of any app of the tenant", of(contoso, members{"scp": nil, "idtyp": "app"}), core.MissingClaim},
		{"the ID token of an app that is the API too", of(contoso, members{"azp": nil, "azpacr": nil, "scp": nil, "nonce": "123", "roles": []string{"Orders.Admin"}}), core.MissingClaim},
		{"another API's", of(contoso, members{"aud": frontend}), core.WrongAudience},
		{"Graph's", of(contoso, members{"aud": "00000003-0000-0000-c000-000000000000"}), core.WrongAudience},
		{"another tenant's", of(evilCorp, nil), core.WrongIssuer},
		{"version 1.0", of(contoso, members{"iss": "https://sts.windows.net/" + contoso + "/", "ver": "1.0"}), core.WrongIssuer},
		{"somebody else's key", evilKey().sign(nil, dated(members{"iss": "https://login.microsoftonline.com/" + contoso + "/v2.0", "aud": orders})), core.BadSignature},
	}
	p, err := providers.Entra(orders, []string{contoso}, web.remote())
	judge(t, p, err, append(tries, try{"one more tenant's", of(fabrikam, nil), core.WrongIssuer}))
	roles(t, p, core.HasAny("roles", "Orders.Admin"), of(contoso, members{"roles": []string{"Orders.Admin"}}), of(contoso, nil))
	roles(t, p, core.Scopes("orders.read"), of(contoso, nil), of(contoso, members{"scp": "profile"}))

	p, err = providers.Entra(orders, []string{contoso, fabrikam}, web.remote())
	judge(t, p, err, append(tries, try{"one more tenant's", of(fabrikam, nil), 0},
		try{"with a key that is one tenant's own", evilKey().named("evil").sign(nil, dated(members{
			"iss": "https://login.microsoftonline.com/" + contoso + "/v2.0", "aud": orders, "azp": frontend, "scp": "a", "ver": "2.0"})), core.UnknownKey}))

	mistakes(t, func() (core.Provider, error) { return providers.Entra(orders, nil) }, "tenants: empty, so anybody with an account")
	for _, nobody := range []string{"common", "organizations", "consumers", "contoso.onmicrosoft.com"} {
		mistakes(t, func() (core.Provider, error) { return providers.Entra(orders, []string{nobody}) }, "tenants: ")
	}
	mistakes(t, func() (core.Provider, error) { return providers.Entra("api://orders", []string{contoso}) }, "application: ")
	mistakes(t, func() (core.Provider, error) { return providers.EntraV1("", nil) }, "application: ", "tenants: ")
}

// TestEntraV1: https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
// has the claims of both versions.
func TestEntraV1(t *testing.T) {
	web := entra()
	of := func(tenant string, more members) string {
		return rsaKey().sign(members{"typ": "JWT", "x5t": "a"}, with(dated(members{
			"aud": "api://orders", "iss": "https://sts.windows.net/" + tenant + "/", "nbf": now.Unix() - 60, "acr": "1", "amr": []string{"pwd"},
			"appid": frontend, "appidacr": "0", "ipaddr": "192.0.2.1", "name": "Joe", "oid": "690222be", "scp": "orders.read",
			"sub": "l3_roISQU222bULS9yi2k0XpqpOiMz5H3ZACo1GeXA", "tid": tenant, "unique_name": "joe@contoso.com", "upn": "joe@contoso.com", "ver": "1.0",
		}), more))
	}
	tries := []try{
		{"an access token", of(contoso, nil), 0},
		{"an ID token", of(contoso, members{"appid": nil, "appidacr": nil, "scp": nil}), core.MissingClaim},
		{"by the client ID", of(contoso, members{"aud": orders}), core.WrongAudience},
		{"another tenant's", of(evilCorp, nil), core.WrongIssuer},
		{"version 2.0", of(contoso, members{"iss": "https://login.microsoftonline.com/" + contoso + "/v2.0", "ver": "2.0"}), core.WrongIssuer},
	}
	for _, tenants := range [][]string{{contoso}, {contoso, fabrikam}} {
		p, err := providers.EntraV1("api://orders", tenants, web.remote())
		judge(t, p, err, tries)
	}
}
