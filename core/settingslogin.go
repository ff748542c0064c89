package core

import (
	"errors"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

func (r *reading) readEndpoint(name, value string) {
	if value, ok := r.text(name, value); ok {
		r.login.Name = value
	}
}

// readURLOptions reads the options of Flask's add_url_rule that have a meaning
// here. Any other would be a wish that nobody grants.
func (r *reading) readURLOptions(name, value string) {
	value, ok := r.text(name, value)
	if !ok {
		return
	}
	members, err := strictjson.Object(value, nil)
	if err != nil {
		r.bad(name, `write it as {"methods":["POST","PUT"],"endpoint":"login"}`, "it is no JSON object")
		return
	}
	for _, m := range members {
		switch m.Name {
		case "methods":
			methods, err := urlMethods(m.Value)
			if err != nil {
				r.bad(name, "", "methods: %w", err)
				continue
			}
			r.login.Methods = methods
		case "endpoint":
			endpoint, ok := strictjson.String(m.Value)
			if _, too := r.values["AUTH_ENDPOINT"]; too && endpoint != r.login.Name {
				r.bad(name, "leave one", "endpoint is not what %sAUTH_ENDPOINT says", r.prefix)
			} else if !ok || endpoint == "" {
				r.bad(name, "set it to a name, or leave it out", "endpoint is no string, or empty")
			} else {
				r.login.Name = endpoint
			}
		default:
			r.bad(name, "the members are methods and endpoint", "%.64q is unknown", m.Name)
		}
	}
}

// urlMethods reads a list of methods as Flask did: in capitals, and with OPTIONS.
func urlMethods(raw string) ([]string, error) {
	elements, err := strictjson.Array(raw, nil)
	if err != nil || len(elements) == 0 {
		return nil, errors.New(`it is no array of names, as ["POST"]`)
	}
	var methods []string
	for _, e := range elements {
		m, _ := strictjson.String(e)
		m = strings.ToUpper(m)
		if err := checkLoginMethod(m); err != nil {
			return nil, err
		}
		if !slices.Contains(methods, m) {
			methods = append(methods, m)
		}
	}
	if !slices.Contains(methods, "OPTIONS") {
		methods = append(methods, "OPTIONS")
	}
	return methods, nil
}

// readPlainSecret takes Flask's own SECRET_KEY, without the prefix, for the key
// if there is no other: Flask-JWT did.
func (r *reading) readPlainSecret(environ []string) {
	for _, name := range keySettings() {
		if _, ok := r.values[name]; ok || r.failed[name] {
			return
		}
	}
	if !setup.IsNil(r.keys) {
		return
	}
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, "SECRET_KEY="); ok {
			r.values["SECRET_KEY"], r.plainSecret = value, true
		}
	}
}
