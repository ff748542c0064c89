package adaptertest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// bodyRoutes are gates that look into bodies, before a handler that reads them.
func bodyRoutes(sources func(...core.Source) *core.Auth[*User], own func(core.LookupHandler) *core.Auth[*User]) (routes []Route) {
	form, both := sources(core.HeaderSource{}, core.FormSource{}), sources(core.FormSource{}, core.JSONSource{})
	reading := func(r core.Request) (core.Credential, error) {
		for range 2 { // each time from the beginning
			if _, err := io.ReadAll(io.LimitReader(r.Body(), 9<<10)); err != nil {
				return core.Credential{}, err
			}
		}
		body, err := io.ReadAll(r.Body())
		if err != nil {
			return core.Credential{}, core.MissingToken
		}
		values, _ := url.ParseQuery(string(body))
		return core.Credential{Token: values.Get("mine")}, nil
	}
	guard := core.GuardFunc(func(_ context.Context, r core.Request, _ *core.Claims) error {
		body, err := io.ReadAll(r.Body())
		if err == nil && strings.Contains(string(body), "forbidden") {
			return core.Forbidden
		}
		return nil
	})
	header := sources(core.HeaderSource{})
	for path, gates := range map[string][]core.Gate{
		"/form":          {form.Require()},
		"/form-optional": {form.Optional()},
		"/form-named":    {sources(core.FormSource{Name: "jwt"}).Require()},
		"/form-twice":    {form.Require(), both.Optional()},
		"/json":          {sources(core.JSONSource{}, core.HeaderSource{}).Require()},
		"/form-json":     {both.Require()},
		"/body-lookup":   {own(reading).Require()},
		"/body-func":     {sources(core.SourceFunc(reading)).Require()},
		"/body-guard":    {header.Require(guard, guard), header.Require(guard)},
	} {
		routes = append(routes, Route{Path: path, Gates: gates, Handle: showBody})
	}
	return routes
}

// showBody answers with who is there, and what the handler reads.
func showBody(seen Seen) core.Response {
	body, err := io.ReadAll(seen.Body)
	if err != nil {
		return text("the handler cannot read the body: " + err.Error())
	}
	name := "nobody"
	if seen.HasUser {
		name = seen.User.Name
	}
	return text(bodyText(name, string(body)))
}

func bodyText(name, body string) string {
	return fmt.Sprintf("%s, %d bytes, %x", name, len(body), sha256.Sum256([]byte(body)))
}

// bodyCases are about tokens in bodies, and about bodies that a gate has read.
func bodyCases() []Case {
	const form, asJSON = "Content-Type: application/x-www-form-urlencoded", "Content-Type: application/json"
	var (
		joe, ann = good("joe"), good("ann")
		field    = "access_token=" + joe
		member   = `{"access_token":"` + joe + `"}`
		missing  = no(core.MissingToken)
		twice    = no(core.BadRequest)
		reads    = func(name, body string) Answer {
			return Answer{Status: 200, Header: http.Header{"Content-Type": {"text/plain"}}, Body: bodyText(name, body)}
		}
	)
	// padded is a form, or an object, of so many bytes.
	padded := func(n int) string { return field + "&x=" + strings.Repeat("x", n-len(field)-3) }
	paddedJSON := func(n int) string { return strings.Repeat(" ", n-len(member)) + member }
	inChunks := func(path, body string, fields ...string) string {
		var b strings.Builder
		for rest := body; rest != ""; {
			n := min(len(rest), 5000)
			fmt.Fprintf(&b, "%x\r\n%s\r\n", n, rest[:n])
			rest = rest[n:]
		}
		return do("POST", path, append(fields, "Transfer-Encoding: chunked")...) + b.String() + "0\r\n\r\n"
	}
	// to sends a body, and what the handler, that was behind the gate, is to read.
	pass := func(name, path, body, who string, fields ...string) Case {
		return row(name, post(path, body, fields...), reads(who, body))
	}
	const most = 16 << 10
	long := strings.Repeat("0123456789abcdef", 12<<10) // 192 KiB
	cases := []Case{
		pass("RFC 6750 2.2: in a form", "/form", field, "joe", form),
		pass("RFC 6750 2.2: among other fields", "/form", "a=1&"+field+"&b=%zz&&=", "joe", form),
		pass("RFC 6750 2.2: escaped", "/form", "access%5Ftoken="+strings.ReplaceAll(joe, ".", "%2E"), "joe", form),
		pass("RFC 6750 2.2: a charset of UTF-8", "/form", field, "joe", form+"; charset=UTF-8"),
		pass("RFC 6750 2.2: another name", "/form-named", "jwt="+joe, "joe", form),
		row("RFC 6750 2.2: another name, and the usual one", post("/form-named", field, form), missing),
		row("RFC 6750 2.2: in chunks", inChunks("/form", field, form), reads("joe", field)),
		row("RFC 6750 2.2: a bad token", post("/form", "access_token=x.y.z", form), no(core.Malformed)),
		row("RFC 6750 3.1: the field twice", post("/form", field+"&"+field, form), twice),
		row("RFC 6750 3.1: the field twice, once escaped", post("/form", field+"&access%5Ftoken="+ann, form), twice),
		row("RFC 6750 3.1: an empty field", post("/form", "access_token=", form), twice),
		row("RFC 6750 3.1: a field with a space", post("/form", "access_token=a+b", form), twice),
		row("RFC 6750 2: a header and a form", post("/form", field, form, auth(joe)), twice),
		row("RFC 6750 2: a form and JSON cannot be both", post("/form-json", field, form), reads("joe", field)),
		row("RFC 6750 2: a header, and no token in the form", post("/form", "a=b", form, auth(ann)), reads("ann", "a=b")),
		row("RFC 6750 2.2: in the query it is not in the form", post("/form?"+field, "a=b", form), missing),
		row("RFC 6750 2.2: no Content-Type", do("POST", "/form", "Content-Length: "+itoa(len(field)))+field, missing),
		row("RFC 6750 2.2: another type", post("/form", field, "Content-Type: text/plain"), missing),
		row("RFC 6750 2.2: two types", post("/form", field, form, form), missing),
		row("RFC 6750 2.2: another charset", post("/form", field, form+"; charset=utf-16"), missing),
		row("RFC 6750 2.2: compressed, they say", post("/form", field, form, "Content-Encoding: gzip"), missing),
		row("RFC 6750 2.2: a form of several parts", post("/form", "--x\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\n"+joe+"\r\n--x--\r\n", "Content-Type: multipart/form-data; boundary=x"), missing),
		row("RFC 6750 2.2: JSON is no form", post("/form", member, asJSON), missing),
		row("RFC 6750 2.2: 16 KiB", post("/form", padded(most), form), reads("joe", padded(most))),
		row("RFC 6750 2.2: one byte more is no token", post("/form", padded(most+1), form), missing),
		row("RFC 6750 2.2: one byte more, in chunks", inChunks("/form", padded(most+1), form), missing),
		row("a longer form reaches the handler whole", post("/form", padded(most+1), form, auth(ann)), reads("ann", padded(most+1))),
		row("a longer form reaches the handler whole, in chunks", inChunks("/form", padded(most+1), form, auth(ann)), reads("ann", padded(most+1))),
		row("a long form reaches the handler whole, where tokens are optional", inChunks("/form-optional", long, form), reads("nobody", long).with("Vary: Authorization")),
		pass("a form reaches the handler behind two gates", "/form-twice", field, "joe", form),
		row("an empty form", post("/form", "", form), missing),
		row("optional: a form without a token", post("/form-optional", "a=b", form), reads("nobody", "a=b").with("Vary: Authorization")),
		row("optional: a form with a bad one", post("/form-optional", "access_token=x", form), no(core.Malformed)),

		pass("JSON: a member", "/json", member, "joe", asJSON),
		pass("JSON: among others", "/json", `{"a":[{}],"access_token":"`+joe+`","b":null}`, "joe", asJSON),
		pass("JSON: beside a form source", "/form-json", member, "joe", asJSON),
		row("JSON: in chunks", inChunks("/json", member, asJSON), reads("joe", member)),
		row("JSON: a bad token", post("/json", `{"access_token":"x"}`, asJSON), no(core.Malformed)),
		row("JSON: empty", post("/json", `{"access_token":""}`, asJSON), twice),
		row("JSON: a number", post("/json", `{"access_token":1}`, asJSON), twice),
		row("JSON: null", post("/json", `{"access_token":null}`, asJSON), twice),
		row("JSON: two tokens", post("/json", `{"access_token":"`+joe+` `+joe+`"}`, asJSON), twice),
		row("JSON: a header too", post("/json", member, asJSON, auth(joe)), twice),
		row("JSON: names have a case", post("/json", strings.ToUpper(`{"access_token":"x"}`), asJSON), missing),
		row("JSON: deeper", post("/json", `{"a":`+member+`}`, asJSON), missing),
		row("RFC 7493 2.3: JSON: the member twice", post("/json", `{"access_token":"`+joe+`","access_token":"`+ann+`"}`, asJSON), missing),
		row("JSON: another type", post("/json", member, "Content-Type: text/plain"), missing),
		row("JSON: a form is none", post("/json", field, form), missing),
		row("JSON: broken, and a token in the header", post("/json", `{"a":`, asJSON, auth(ann)), reads("ann", `{"a":`)),
		row("JSON: an array, and a token in the header", post("/json", `[1]`, asJSON, auth(ann)), reads("ann", `[1]`)),
		row("JSON: 16 KiB", post("/json", paddedJSON(most), asJSON), reads("joe", paddedJSON(most))),
		row("JSON: one byte more is no token", post("/json", paddedJSON(most+1), asJSON), missing),
		row("JSON: a longer one reaches the handler whole", inChunks("/json", paddedJSON(most+1), asJSON, auth(ann)), reads("ann", paddedJSON(most+1))),
	}
	for _, m := range []string{"POST", "PUT", "PATCH"} {
		cases = append(cases,
			row("RFC 6750 2.2: "+m+", a form", send(m, "/form", field, form), reads("joe", field)),
			row("RFC 6750 2.2: "+m+", JSON", send(m, "/json", member, asJSON), reads("joe", member)))
	}
	for _, m := range []string{"GET", "HEAD", "DELETE", "OPTIONS"} {
		want := missing
		if m == "HEAD" {
			want = want.head()
		}
		cases = append(cases,
			row("RFC 6750 2.2: "+m+" has no form", send(m, "/form", field, form), want),
			row("RFC 6750 2.2: "+m+" has no JSON", send(m, "/json", member, asJSON), want))
	}
	// A step of the application's own.
	mine := "mine=" + joe
	for _, path := range []string{"/body-lookup", "/body-func"} {
		cases = append(cases,
			pass("a body that was read: "+path, path, mine, "joe", form),
			row("a body that was read, in chunks: "+path, inChunks(path, mine, form), reads("joe", mine)),
			pass("a body of 192 KiB that was read: "+path, path, mine+"&x="+long, "joe", form),
			row("a body of 192 KiB that was read, in chunks: "+path, inChunks(path, mine+"&x="+long, form), reads("joe", mine+"&x="+long)),
			row("no body to read: "+path, post(path, "", form), missing),
			row("no token in the body: "+path, post(path, "a=b", form), missing))
	}
	return append(cases,
		pass("a body that guards have read", "/body-guard", "a=b", "joe", form, auth(joe)),
		pass("a body of 192 KiB that guards have read", "/body-guard", long, "joe", form, auth(joe)),
		row("a body that guards have read, in chunks", inChunks("/body-guard", long, form, auth(joe)), reads("joe", long)),
		row("a body that a guard refuses", post("/body-guard", "a=forbidden", form, auth(joe)), no(core.Forbidden)))
}
