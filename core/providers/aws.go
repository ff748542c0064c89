package providers

import (
	"regexp"
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Cognito takes the access tokens of a user pool, as eu-central-1_Ab12Cd34E, that
// were issued to one of these app clients. They name the client in client_id and have
// no aud, unless a resource was bound to them: then set Rules.Audience besides. ID
// tokens are refused (token_use).
//
// Groups are in HasAny("cognito:groups", …), and scopes of resource servers in
// Scopes("orders/read").
func Cognito(pool string, clients []string, remote ...keys.RemoteConfig) (core.Provider, error) {
	r := begin("Cognito", remote)
	r.text("pool", pool, "its User pool ID, as eu-central-1_Ab12Cd34E", userPool.MatchString)
	r.list("clients", clients, "the ids of the app clients whose tokens are taken", nil)
	region, _, _ := strings.Cut(pool, "_")
	return r.provider(r.oidc("https://cognito-idp."+region+".amazonaws.com/"+pool), core.ClaimRules{
		ClientID: clients,
		Check:    checks(is("token_use", "access")),
	})
}

var userPool = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}_[0-9A-Za-z]+$`)

// ALB takes what these Application Load Balancers of AWS say of a user whom they have
// signed in: the field X-Amzn-Oidc-Data, so give Config.Sources
// core.HeaderSource{Name: "X-Amzn-Oidc-Data", Bare: true}, on a port that only the load
// balancers reach. The issuer is the iss of the provider that they sign users in with.
//
// The keys are of a region, and sign for every load balancer of every customer there.
// So each of these is given by its ARN, which is compared with the header's signer. The
// claims are those of the provider's user info; they have no aud.
func ALB(issuer string, loadBalancers []string, remote ...keys.RemoteConfig) (core.Provider, error) {
	r := begin("ALB", remote)
	r.text("issuer", issuer, "the iss of the provider that the load balancers sign users in with", nil)
	r.list("loadBalancers", loadBalancers, "their ARNs, as arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188", loadBalancer.MatchString)
	region := ""
	for i, arn := range loadBalancers {
		parts := loadBalancer.FindStringSubmatch(arn)
		switch {
		case parts == nil: // said already
		case region == "" || region == parts[2]:
			if region = parts[2]; parts[1] == "aws-us-gov" {
				setup.Default(&r.remote.BaseURL, "https://s3-"+region+".amazonaws.com/aws-elb-public-keys-prod-"+region)
			}
		default:
			r.bad.Add("loadBalancers", "make a Provider of each region", "%d is of another region than those before it", i+1)
		}
	}
	r.remote.Issuer = issuer
	return r.provider(func() (keys.Source, error) { return keys.NewALB(region, r.remote) }, core.ClaimRules{Signer: loadBalancers})
}

var loadBalancer = regexp.MustCompile(`^arn:(aws[a-z-]*):elasticloadbalancing:([a-z0-9-]+):[0-9]{12}:loadbalancer/app/[0-9A-Za-z-]+/[0-9a-f]+$`)
