package jws

import (
	"fmt"
	"strings"
)

func Unknown(name string) string {
	if strings.EqualFold(name, "none") {
		return `"none" is not an algorithm here: a token without a signature proves nothing (RFC 8725 section 3.2)`
	}
	plain := strings.NewReplacer("-", "", "_", "", " ", "").Replace(name)
	for _, a := range All() {
		if strings.EqualFold(plain, a.Name) {
			return fmt.Sprintf("unknown algorithm %.32q, did you mean %s?", name, a.Name)
		}
	}
	return fmt.Sprintf("unknown algorithm %.32q; known are %s", name, Names(All(), " and "))
}

// Names lists the names as in "RS256, RS384 or RS512".
func Names(list []Algorithm, last string) string {
	var names []string
	for _, a := range list {
		names = append(names, a.Name)
	}
	n := len(names) - 1
	if n < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:n], ", ") + last + names[n]
}
