package keys

import "maps"

// What the Insecure options of this room take away.
const (
	shortSecretRisk     = "a secret may be shorter than RFC 7518 section 3.2 demands, and found by trying, from one token"
	guessableSecretRisk = "a secret may be a text that others know or can guess"
	expiredRisk         = "the dates of a certificate are not looked at, so a key may be used that its issuer has given up"
	plainHTTPRisk       = "keys are fetched by plain http, so whoever is on the way can replace them and sign tokens"
)

// insecure are the Insecure options that are on, with what each takes away.
func (o options) insecure() map[string]string {
	return switchedOn(map[string]string{
		"keys.InsecureShortSecret":        ifOn(o.shortSecret, shortSecretRisk),
		"keys.InsecureGuessableSecret":    ifOn(o.guessable, guessableSecretRisk),
		"keys.InsecureExpiredCertificate": ifOn(o.expired, expiredRisk),
	})
}

func (c RemoteConfig) insecure() map[string]string {
	return switchedOn(map[string]string{"keys.RemoteConfig.InsecureHTTP": ifOn(c.InsecureHTTP, plainHTTPRisk)})
}

func ifOn(on bool, risk string) string {
	if on {
		return risk
	}
	return ""
}

// switchedOn is the map without what is off; nil if nothing is on.
func switchedOn(all map[string]string) map[string]string {
	maps.DeleteFunc(all, func(_, risk string) bool { return risk == "" })
	if len(all) == 0 {
		return nil
	}
	return all
}

// addInsecure adds what is on in a part of the source.
func (f *Facts) addInsecure(more map[string]string) {
	if len(more) > 0 && f.Insecure == nil {
		f.Insecure = map[string]string{}
	}
	maps.Copy(f.Insecure, more)
}
