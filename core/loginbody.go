package core

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/jwtgate/jwtgate/core/internal/field"
	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// withDefaults fills in what is zero of how a body is read.
func (l LoginConfig) withDefaults() LoginConfig {
	setup.Default(&l.UsernameField, "username")
	setup.Default(&l.PasswordField, "password")
	setup.Default(&l.MaxBytes, defaultMaxLogin)
	return l
}

// Read parses the body of a login as Login does: bounded, of the type that it says,
// with the two fields, and further ones for [Credentials.Decode]. It is for LoginBy: the
// fields of a one-time code are another [LoginConfig]'s. Path, Name and Methods play no
// part. The error is a [Kind] or an *[Error]: UnsupportedMedia, [TooLarge], [BadBody].
func (l LoginConfig) Read(r Request) (Credentials, error) { return l.withDefaults().read(r, false) }

// read is Read once the defaults are there.
func (l LoginConfig) read(r Request, flask bool) (c Credentials, err error) {
	media := contentType(r)
	c.form = l.Form && media == formMedia
	if !c.form && media != jsonMedia && !(flask && flaskJSON(media)) {
		return c, UnsupportedMedia
	}
	if c.body, err = readBody(r, l.MaxBytes); err != nil {
		return Credentials{}, err
	}
	if flask {
		c.body = strings.TrimPrefix(c.body, "\ufeff")
	}
	if c.form {
		if c.body, err = formObject(c.body); err != nil {
			return Credentials{}, &Error{Kind: BadBody, Cause: err}
		}
	}
	members, err := strictjson.Object(c.body, nil)
	if err != nil {
		return Credentials{}, &Error{Kind: BadBody, Cause: err}
	}
	for _, m := range members {
		var field *string
		switch m.Name {
		case l.UsernameField:
			field = &c.Username
		case l.PasswordField:
			field = &c.Password
		default:
			continue
		}
		if s, ok := strictjson.String(m.Value); ok {
			*field = keep.String(s) // a name that is kept must not keep the body, and the password in it
		}
	}
	if l.OnlyFields && len(members) != 2 || c.Username == "" || c.Password == "" {
		return Credentials{}, &Error{Kind: BadBody, Cause: errFields}
	}
	return c, nil
}

// formObject is a form as a JSON object of texts. Each field is there once, as each
// member of an object is.
func formObject(form string) (string, error) {
	object := map[string]string{}
	for pair := range strings.SplitSeq(form, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if _, twice := object[name]; twice || nameErr != nil || valueErr != nil || !utf8.ValidString(name) || !utf8.ValidString(value) {
			return "", errForm
		}
		object[name] = value
	}
	text, err := json.Marshal(object)
	return string(text), err
}

var (
	errForm   = because("the form has a field twice, badly escaped, or not in UTF-8")
	errFields = because("the username or the password is absent, empty or no string, or there is more than these")
)

// checkLoginMethod says what is wrong with a method of the login endpoint.
func checkLoginMethod(m string) error {
	switch {
	case !field.IsToken(m) || m != strings.ToUpper(m):
		return fmt.Errorf("%.64q is not the name of a method in capitals", m)
	case m == "GET" || m == "HEAD" || m == "TRACE":
		return fmt.Errorf("%s carries no body; credentials in a URL end up in logs", m)
	}
	return nil
}
