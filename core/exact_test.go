package core_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

// twins is a payload whose members equal others after case folding: S and the
// long s, K and the Kelvin sign (Unicode, CaseFolding.txt).
const twins = `{"sub":"joe","role":"user","Role":"admin","SUB":"root","ſub":"kelvin"}`

type subRole struct {
	Sub  string `json:"sub"`
	Role string `json:"role"`
}

var good = subRole{"joe", "user"}

// twinless has neither of the names exactly.
const twinless = `{"Sub":"root","ROLE":"admin","ſub":"kelvin"}`

// selfReading is decoded by its own UnmarshalJSON, which sees the text as it is.
type selfReading struct{ text string }

func (s *selfReading) UnmarshalJSON(b []byte) error { s.text = string(b); return nil }

type outer struct {
	subRole
	Inner *subRole           `json:"inner"`
	List  []subRole          `json:"list"`
	Pair  [2]*subRole        `json:"pair"`
	Map   map[string]subRole `json:"map"`
	Deep  map[string][]struct {
		C subRole `json:"c"`
	} `json:"deep"`
	Self  selfReading `json:"self"`
	Any   any         `json:"any"`
	Plain string
	Skip  string `json:"-"`
	Num   int64  `json:"num,string"`
	quiet string
}

func TestDecodeMatchesNamesExactly(t *testing.T) {
	var got outer
	got.quiet = "mine"
	payload := `{"sub":"joe","SUB":"root","role":"user","ROLE":"admin","inner":` + twins + `,"INNER":` + twinless +
		`,"list":[` + twins + `,` + twinless + `],"pair":[` + twins + `],"map":{"a":` + twins + `,"A":` + twinless +
		`},"deep":{"x":[{"c":` + twins + `,"C":` + twinless + `}]},"self":` + twins +
		`,"any":{"a":9007199254740993,"A":2},"plain":"no","Plain":"yes","PLAIN":"no","Skip":"no","num":"9007199254740993","quiet":"no"}`
	if err := coretest.ClaimsOf(t, payload).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := outer{
		subRole: good, Inner: &good, List: []subRole{good, {}}, Pair: [2]*subRole{&good}, Map: map[string]subRole{"a": good, "A": {}},
		Self: selfReading{twins}, Any: map[string]any{"a": json.Number("9007199254740993"), "A": json.Number("2")},
		Plain: "yes", Num: 9007199254740993, quiet: "mine",
	}
	want.Deep = got.Deep
	if len(got.Deep["x"]) != 1 || got.Deep["x"][0].C != good {
		t.Errorf("deep: got %+v", got.Deep)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// The shapes of embedding (encoding/json, Marshal's comment).
type (
	embedded  struct{ Rank string }
	shadowed  struct{ Rank string }
	ambiguous struct{ A, B string }
	tagged    struct {
		X string `json:"role"`
	}
	untagged struct {
		Other string `json:"Rank"`
	}
	text   string
	twiceA struct{ Shared }
	twiceB struct{ Shared }
	Shared struct{ Role string }
	Named  struct {
		Sub string `json:"sub"`
	}
	recursive struct {
		Sub  string     `json:"sub"`
		Next *recursive `json:"next"`
	}
	privateTagged struct {
		Role string `json:"role"`
	}
)

// TestDecodeLikeEncodingJSON: over names without twins, Decode is encoding/json.
func TestDecodeLikeEncodingJSON(t *testing.T) {
	const payload = `{"role":"r","Rank":"R","-":"d","sub":"s","A":"a","B":"b","X":"x","text":"t","Named":{"sub":"n"},"next":{"sub":"2","next":{"sub":"3"}},"Shared":{"role":"q"},"p":{"role":"pr"}}`
	for _, tt := range []struct {
		name string
		v    func() any
	}{
		{"embedded", func() any { return new(struct{ embedded }) }},
		{"shadowed", func() any {
			return new(struct {
				shadowed
				Rank string
			})
		}},
		{"ambiguous", func() any {
			return new(struct {
				embedded
				shadowed
				A string
			})
		}},
		{"tagged beats untagged", func() any {
			return new(struct {
				embedded
				untagged
			})
		}},
		{"tag of another name", func() any { return new(struct{ tagged }) }},
		{"embedded twice", func() any {
			return new(struct {
				twiceA
				twiceB
				Sub string `json:"sub"`
			})
		}},
		{"embedded pointer, exported", func() any { return new(struct{ *Named }) }},
		{"embedded with a name", func() any {
			return new(struct {
				Named `json:"Named"`
			})
		}},
		{"unexported, embedded with a name", func() any {
			return new(struct {
				privateTagged `json:"p"`
			})
		}},
		{"embedded that is no struct", func() any { return new(struct{ text }) }},
		{"recursive", func() any { return new(recursive) }},
		{"recursively embedded", func() any {
			return new(struct {
				*Loop
				A string
			})
		}},
		{"impossible tag", func() any { return of("Rank", `json:"ra\"nk"`) }},
		{"impossible tag, another name", func() any { return of("Other", `json:"Rank\\"`) }},
		{"dash for a name", func() any { return of("Dash", `json:"-,"`) }},
		{"dash", func() any { return of("Rank", `json:"-"`) }},
		{"options alone", func() any { return of("Rank", `json:",omitempty"`) }},
		{"ambiguous below", func() any {
			return new(struct {
				ambiguous
				B string `json:"A"`
			})
		}},
		{"map", func() any { return new(map[string]any) }},
		{"map of a named key", func() any { return new(map[text]json.RawMessage) }},
		{"interface", func() any { return new(any) }},
		{"raw", func() any { return new(json.RawMessage) }},
	} {
		got, want := tt.v(), tt.v()
		gotErr := coretest.ClaimsOf(t, payload).Decode(got)
		d := json.NewDecoder(strings.NewReader(payload))
		d.UseNumber()
		wantErr := d.Decode(want)
		if (gotErr == nil) != (wantErr == nil) {
			t.Errorf("%s: got %v, encoding/json says %v", tt.name, gotErr, wantErr)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, want)
		}
	}
}

// of is a new struct of one string field, with a tag that go vet would refuse.
func of(name, tag string) any {
	return reflect.New(reflect.StructOf([]reflect.StructField{{Name: name, Type: reflect.TypeFor[string](), Tag: reflect.StructTag(tag)}})).Interface()
}

// Loop embeds itself.
type Loop struct {
	*Loop
	Sub string `json:"sub"`
}

// TestDecodeIntoWhatIsThere: encoding/json follows the pointers in interfaces,
// fields and slices, so exactness must follow them too.
func TestDecodeIntoWhatIsThere(t *testing.T) {
	type box struct {
		V any   `json:"v"`
		L []any `json:"l"`
		A [1]any
		*embeddedBox
	}
	wrap := func(member string) *core.Claims { return coretest.ClaimsOf(t, `{"`+member+`":`+twins+`}`) }
	list := func(member string) *core.Claims { return coretest.ClaimsOf(t, `{"`+member+`":[`+twins+`]}`) }
	for _, tt := range []struct {
		name string
		c    *core.Claims
		into func(*subRole) any
	}{
		{"pointer to a pointer", coretest.ClaimsOf(t, twins), func(c *subRole) any { return &c }},
		{"pointer in an interface", coretest.ClaimsOf(t, twins), func(c *subRole) any { var v any = c; return &v }},
		{"twice", coretest.ClaimsOf(t, twins), func(c *subRole) any { var v any = c; var w any = &v; return &w }},
		{"field", wrap("v"), func(c *subRole) any { return &box{V: c} }},
		{"promoted field", wrap("e"), func(c *subRole) any { return &box{embeddedBox: &embeddedBox{E: c}} }},
		{"element", list("l"), func(c *subRole) any { return &box{L: []any{c}} }},
		{"element in the capacity", list("l"), func(c *subRole) any { return &box{L: []any{c}[:0]} }},
		{"element of an array", list("A"), func(c *subRole) any { return &box{A: [1]any{c}} }},
	} {
		var got subRole
		if err := tt.c.Decode(tt.into(&got)); err != nil || got != good {
			t.Errorf("%s: got %+v, %v, want %+v", tt.name, got, err, good)
		}
	}
	// A value that points to itself ends, as it does in encoding/json.
	var loop any
	loop = &loop
	if err := coretest.ClaimsOf(t, twins).Decode(&loop); err != nil {
		t.Errorf("a loop: %v", err)
	}
}

type embeddedBox struct {
	E any `json:"e"`
}

// TestTwinsOfCancelledFields: a name that two embedded structs share is nobody's,
// and must not reach a third field by folding.
func TestTwinsOfCancelledFields(t *testing.T) {
	var got struct {
		twiceA
		twiceB
		Admin string `json:"ROLE"`
	}
	if err := coretest.ClaimsOf(t, `{"Role":"admin"}`).Decode(&got); err != nil || got.Admin != "" {
		t.Errorf("got %+v, %v, want nothing", got, err)
	}
}

func TestDecodeErrors(t *testing.T) {
	c := coretest.ClaimsOf(t, `{"sub":1,"list":{"a":1},"deep":{"x":[{"n":"text"}]}}`)
	var p *subRole
	for name, v := range map[string]any{
		"nil":              nil,
		"no pointer":       subRole{},
		"nil pointer":      p,
		"number in string": new(subRole),
		"object in list": new(struct {
			List []int `json:"list"`
		}),
		"text in number": new(struct {
			Deep map[string][]struct {
				N int `json:"n"`
			} `json:"deep"`
		}),
		"channel": new(struct {
			Sub chan int `json:"sub"`
		}),
	} {
		if err := c.Decode(v); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
