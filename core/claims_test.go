package core_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

func TestParseClaims(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for _, tt := range []struct {
		name, payload string
		ok            bool
	}{
		{"empty object", `{}`, true},
		{"white space around", " \t\r\n{}\n", true},
		{"deepest", deep(128), true},
		{"too deep", deep(129), false},
		{"nothing", ``, false},
		{"null", `null`, false},
		{"array", `[]`, false},
		{"string", `"{}"`, false},
		{"number", `1`, false},
		{"trailing data", `{} {}`, false},
		{"trailing brace", `{}}`, false},
		{"duplicate", `{"a":1,"a":1}`, false},
		{"duplicate, escaped", `{"a":1,"\u0061":1}`, false},
		{"duplicate, nested", `{"a":[{"b":1,"b":2}]}`, false},
		{"not UTF-8", "{\"a\":\"\xff\"}", false},
		{"half a surrogate pair", `{"a":"\ud800"}`, false},
		{"byte order mark", "\ufeff{}", false},
		{"NUL", "{\"a\":\"\x00\"}", false},
		{"cut short", `{"a":`, false},
	} {
		c, err := core.ParseClaims([]byte(tt.payload))
		if (err == nil) != tt.ok || (c != nil) != tt.ok || err != nil && coretest.KindOf(t, err) != core.Malformed {
			t.Errorf("%s: got %v, %v, want ok %v", tt.name, c, err, tt.ok)
		}
	}
	payload := []byte(`{"sub":"joe"}`)
	c, _ := core.ParseClaims(payload)
	payload[8] = 'x'
	if c.Subject() != "joe" {
		t.Errorf("the claims changed with the caller's slice: %s", c.Subject())
	}
}

func TestNewClaims(t *testing.T) {
	values := map[string]any{"sub": "joe", "n": int64(math.MaxInt64), "list": []string{"a"}}
	c, err := core.NewClaims(values)
	if err != nil {
		t.Fatal(err)
	}
	values["sub"] = "changed"
	if n, ok := c.Int64("n"); c.Subject() != "joe" || n != math.MaxInt64 || !ok {
		t.Errorf("got %s and %d", c.Subject(), n)
	}
	for name, bad := range map[string]map[string]any{"nil": nil, "function": {"f": func() {}}, "NaN": {"n": math.NaN()}} {
		if c, err := core.NewClaims(bad); err == nil || c != nil {
			t.Errorf("%s: got %v, %v", name, c, err)
		}
	}
}

// accessors are one payload and what each accessor says of each claim.
func TestAccessors(t *testing.T) {
	c := coretest.ClaimsOf(t, `{
		"s":"text","esc":"a\u0062\n","empty":"","int":42,"big":9007199254740993,"max":9223372036854775807,
		"min":-9223372036854775808,"over":9223372036854775808,"frac":1.5,"exp10":1e3,"huge":1e400,"neg0":-0,
		"yes":true,"no":false,"nil":null,"list":["a","b"],"none":[],"mixed":["a",1],"obj":{"a":1},"num":"42"}`)
	type row struct {
		s    string
		sOK  bool
		i    int64
		iOK  bool
		f    float64
		fOK  bool
		b    bool
		bOK  bool
		list []string
	}
	for name, want := range map[string]row{
		"s":     {s: "text", sOK: true, list: []string{"text"}},
		"esc":   {s: "ab\n", sOK: true, list: []string{"ab\n"}},
		"empty": {sOK: true, list: []string{""}},
		"int":   {i: 42, iOK: true, f: 42, fOK: true},
		"big":   {i: 9007199254740993, iOK: true, f: 9007199254740992, fOK: true},
		"max":   {i: math.MaxInt64, iOK: true, f: 1 << 63, fOK: true},
		"min":   {i: math.MinInt64, iOK: true, f: -1 << 63, fOK: true},
		"over":  {f: 1 << 63, fOK: true},
		"frac":  {f: 1.5, fOK: true},
		"exp10": {i: 1000, iOK: true, f: 1000, fOK: true},
		"huge":  {f: math.Inf(1), fOK: true},
		"neg0":  {iOK: true, fOK: true},
		"yes":   {b: true, bOK: true},
		"no":    {bOK: true},
		"nil":   {},
		"list":  {list: []string{"a", "b"}},
		"none":  {list: []string{}},
		"mixed": {},
		"obj":   {},
		"num":   {s: "42", sOK: true, list: []string{"42"}},
		"gone":  {},
		"S":     {},
	} {
		var got row
		got.s, got.sOK = c.String(name)
		got.i, got.iOK = c.Int64(name)
		got.f, got.fOK = c.Float64(name)
		got.b, got.bOK = c.Bool(name)
		list, ok := c.Strings(name)
		if got.list = list; ok != (want.list != nil) || !slices.Equal(list, want.list) {
			t.Errorf("%s: Strings: got %v, %v, want %v", name, list, ok, want.list)
		}
		got.list, want.list = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
		if there := name != "gone" && name != "S"; c.Has(name) != there || (c.Raw(name) != nil) != there {
			t.Errorf("%s: Has %v, Raw %s", name, c.Has(name), c.Raw(name))
		}
	}
	if raw := c.Raw("obj"); string(raw) != `{"a":1}` {
		t.Errorf("Raw: got %s", raw)
	} else if raw[1] = 'x'; string(c.Raw("obj")) != `{"a":1}` {
		t.Error("Raw is not a copy")
	}
	if got := coretest.ClaimsOf(t, `{"b":1,"a":2,"\u0063":3}`).Names(); !slices.Equal(got, []string{"b", "a", "c"}) {
		t.Errorf("Names: got %v, want the token's order", got)
	}
}

func TestRegisteredClaims(t *testing.T) {
	c := coretest.ClaimsOf(t, `{"iss":"i","sub":"s","jti":"j","aud":["a","b"],"exp":1893456000,"nbf":1893456000.25,"iat":-1}`)
	exp, ok1 := c.ExpiresAt()
	nbf, ok2 := c.NotBefore()
	iat, ok3 := c.IssuedAt()
	if c.Issuer() != "i" || c.Subject() != "s" || c.ID() != "j" || !slices.Equal(c.Audience(), []string{"a", "b"}) {
		t.Errorf("got %q %q %q %q", c.Issuer(), c.Subject(), c.ID(), c.Audience())
	}
	if !ok1 || !exp.Equal(coretest.Now) || !ok2 || nbf.Sub(coretest.Now) != time.Second/4 || !ok3 || iat.Unix() != -1 {
		t.Errorf("got %v %v %v", exp, nbf, iat)
	}
	odd := coretest.ClaimsOf(t, `{"iss":1,"sub":null,"jti":[],"aud":{},"exp":"1","nbf":1e400,"iat":-1e400}`)
	_, ok := odd.ExpiresAt()
	nbf, _ = odd.NotBefore()
	iat, _ = odd.IssuedAt()
	if odd.Issuer() != "" || odd.Subject() != "" || odd.ID() != "" || odd.Audience() != nil || ok || nbf.Year() != 9999 || iat.Year() != 0 {
		t.Errorf("got %q %q %q %q %v %v %v", odd.Issuer(), odd.Subject(), odd.ID(), odd.Audience(), ok, nbf, iat)
	}
}

// TestNilClaims: what a handler behind Optional may hold answers like empty claims.
func TestNilClaims(t *testing.T) {
	var c *core.Claims
	_, isTime := c.ExpiresAt()
	_, isBool := c.Bool("a")
	_, isInt := c.Int64("a")
	_, isFloat := c.Float64("a")
	if c.Has("a") || c.Names() != nil || c.Subject() != "" || c.Audience() != nil || c.Raw("a") != nil || len(c.Map()) != 0 || isTime || isBool || isInt || isFloat {
		t.Error("nil Claims hold something")
	}
	if err := c.Decode(&struct{}{}); err == nil {
		t.Error("nil Claims were decoded")
	}
	if text, err := json.Marshal(c); string(text) != "null" || err != nil {
		t.Errorf("got %s, %v, want null", text, err)
	}
}

func TestMapAndMarshalJSON(t *testing.T) {
	const payload = `{"z":1,"a":{"b":[true,null,"x"]},"n":9007199254740993,"e":"\u00e9<"}`
	c := coretest.ClaimsOf(t, payload)
	m := c.Map()
	want := map[string]any{
		"z": json.Number("1"), "a": map[string]any{"b": []any{true, nil, "x"}}, "n": json.Number("9007199254740993"), "e": "é<",
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got %v, want %v", m, want)
	}
	m["z"] = 2
	m["a"].(map[string]any)["b"].([]any)[0] = false
	if !reflect.DeepEqual(c.Map(), want) {
		t.Error("Map is not a copy")
	}
	text, err := c.MarshalJSON()
	if err != nil || string(text) != payload {
		t.Errorf("got %s, %v, want the payload as it was signed", text, err)
	}
	text[2] = 'x'
	if again, _ := c.MarshalJSON(); string(again) != payload {
		t.Error("MarshalJSON is not a copy")
	}
}

// FuzzClaims holds the claims against encoding/json: what ParseClaims takes both
// read alike, through Map, the accessors and Decode.
func FuzzClaims(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"sub":"joe","exp":1893456000}`, `{"sub":"joe","role":"user","Role":"admin","SUB":"root","ſub":"kelvin"}`,
		`{"a":1,"a":2}`, `{"a":{"b":{"c":[1,2,{"d":null}]}}}`, `{"n":9007199254740993,"f":1.5e-7,"g":1e400}`, `{"aud":["a","b"],"b":true}`,
		"{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `{"\u0061":"\u00e9"}`, `{} x`, "\ufeff{}", `{"exp":-1e400,"nbf":0.1,"iat":true}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		c, err := core.ParseClaims([]byte(payload))
		if err != nil {
			return // why is for package strictjson to say, which has a fuzz test of its own
		}
		var want map[string]any
		d := json.NewDecoder(strings.NewReader(payload))
		d.UseNumber()
		if err := d.Decode(&want); err != nil || want == nil {
			t.Fatalf("%q: encoding/json says %v", payload, err)
		}
		if got := c.Map(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: Map is %v, want %v", payload, got, want)
		}
		decoded := map[string]any{}
		if err := c.Decode(&decoded); err != nil || !reflect.DeepEqual(decoded, want) {
			t.Errorf("%q: Decode gives %v, %v, want %v", payload, decoded, err, want)
		}
		if len(c.Names()) != len(want) {
			t.Errorf("%q: names %q", payload, c.Names())
		}
		for name, v := range want {
			s, isString := c.String(name)
			b, isBool := c.Bool(name)
			_, isNumber := c.Float64(name)
			n, isInt := c.Int64(name)
			_, isTime := c.Time(name)
			wantString, ok := v.(string)
			if s != wantString || isString != ok {
				t.Errorf("%q: String(%q) = %q, %v", payload, name, s, isString)
			}
			if wantBool, ok := v.(bool); b != wantBool || isBool != ok {
				t.Errorf("%q: Bool(%q) = %v, %v", payload, name, b, isBool)
			}
			number, ok := v.(json.Number)
			if isNumber != ok || isTime != ok || isInt && !ok {
				t.Errorf("%q: %q is a number: %v, a time: %v, an integer: %v", payload, name, isNumber, isTime, isInt)
			}
			if i, err := number.Int64(); ok && err == nil && (i != n || !isInt) {
				t.Errorf("%q: Int64(%q) = %d, %v", payload, name, n, isInt)
			}
		}
		for _, name := range []string{"sub", "role", "exp"} {
			if c.Has(name) != (want[name] != nil) && !strings.Contains(payload, "null") {
				t.Errorf("%q: Has(%q) = %v", payload, name, c.Has(name))
			}
		}
		var v struct {
			Sub  any `json:"sub"`
			Role any `json:"role"`
		}
		if err := c.Decode(&v); err != nil || !reflect.DeepEqual(v.Sub, want["sub"]) || !reflect.DeepEqual(v.Role, want["role"]) {
			t.Errorf("%q: a struct gets %v, %v", payload, v, err)
		}
	})
}
