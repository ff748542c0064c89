package strictjson_test

import (
	"fmt"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// accepted are the texts that are read, and what is read from them.
var accepted = []struct{ name, src, want string }{
	{"empty", `{}`, ``},
	{"empty with space", " \t\r\n{ \t\r\n} \t\r\n", ``},
	{"header", typicalHeader, `alg="RS256"|typ="at+jwt"|kid="2026-05-a"`},
	{"every kind", `{"a":null,"b":true,"c":false,"d":-1.5e+3,"e":"x","f":[],"g":{}}`, `a=null|b=true|c=false|d=-1.5e+3|e="x"|f=[]|g={}`},
	{"space everywhere", " { \"a\" : 1 ,\n\"b\"\t:\r[ 1 , 2 ] , \"c\" : { \"d\" : 2 } } ", `a=1|b=[ 1 , 2 ]|c={ "d" : 2 }`},
	{"order kept", `{"z":1,"a":2,"m":3}`, `z=1|a=2|m=3`},
	{"empty name", `{"":1}`, `=1`},
	{"escaped name", `{"\u0073ub":1}`, `sub=1`},
	{"every escape in a name", `{"\"\\\/\b\f\n\r\t\u00e4":1}`, "\"\\/\b\f\n\r\tä=1"},
	{"escaped NUL", `{"a\u0000":"\u0000"}`, "a\x00=\"\\u0000\""},
	{"surrogate pair", `{"\ud83d\ude00":"\uD83D\uDE00"}`, `😀="\uD83D\uDE00"`},
	{"raw text of all lengths", `{"é":"€","😀":"aé€😀z"}`, `é="€"|😀="aé€😀z"`},
	{"DEL is no control character", "{\"a\":\"\x7f\"}", "a=\"\x7f\""},
	{"noncharacter", `{"a":"\uffff"}`, `a="\uffff"`},
	{"replacement character", `{"a":"�"}`, `a="�"`},
	{"case twins", `{"sub":1,"SUB":2,"Sub":3}`, `sub=1|SUB=2|Sub=3`},
	{"same look, other bytes", `{"\u00e9":1,"e\u0301":2}`, "é=1|e\u0301=2"},
	{"one name at two levels", `{"a":{"a":{"a":1}},"b":{"a":1}}`, `a={"a":{"a":1}}|b={"a":1}`},
	{"one name in two elements", `{"a":[{"b":1},{"b":2}]}`, `a=[{"b":1},{"b":2}]`},
	{"nested between", `{"a":1,"b":{"c":1,"d":[{"e":1}]},"f":2}`, `a=1|b={"c":1,"d":[{"e":1}]}|f=2`},
	{"deepest arrays", nested(strictjson.MaxDepth), `a=` + nested(strictjson.MaxDepth)[5:2*strictjson.MaxDepth+3]},
	{"deepest objects", nestedObjects(strictjson.MaxDepth), `a=` + nestedObjects(strictjson.MaxDepth-1)},
	{"depth is not count", `{"a":` + "[" + strings.Repeat("[],", 99) + "[]]}", `a=[` + strings.Repeat("[],", 99) + "[]]"},
	{"zero", `{"a":0,"b":-0,"c":0.0,"d":0e0,"e":0E-0}`, `a=0|b=-0|c=0.0|d=0e0|e=0E-0`},
	{"huge exponent", `{"a":1e999999999}`, `a=1e999999999`},
}

// refused are the texts that are not read, and why.
var refused = []struct {
	name, src string
	want      error
}{
	{"nothing", ``, strictjson.ErrSyntax},
	{"only space", " \n", strictjson.ErrSyntax},
	{"null", `null`, strictjson.ErrNotObject},
	{"true", `true`, strictjson.ErrNotObject},
	{"array", `[]`, strictjson.ErrNotObject},
	{"string", `"{}"`, strictjson.ErrNotObject},
	{"number", ` 1`, strictjson.ErrNotObject},
	{"byte order mark", "\ufeff{}", strictjson.ErrSyntax},
	{"UTF-16", "\x00{\x00}", strictjson.ErrSyntax},
	{"no-break space", "\u00a0{}", strictjson.ErrSyntax},
	{"vertical tab", "{\v}", strictjson.ErrSyntax},
	{"form feed", "{}\f", strictjson.ErrTrailing},
	{"NUL behind", "{}\x00", strictjson.ErrTrailing},
	{"second object", `{}{}`, strictjson.ErrTrailing},
	{"second object after space", `{} {}`, strictjson.ErrTrailing},
	{"closed twice", `{}}`, strictjson.ErrTrailing},
	{"comma behind", `{},`, strictjson.ErrTrailing},
	{"comment", `{/**/}`, strictjson.ErrSyntax},
	{"open", `{`, strictjson.ErrSyntax},
	{"open after name", `{"a"`, strictjson.ErrSyntax},
	{"open after colon", `{"a":`, strictjson.ErrSyntax},
	{"open after value", `{"a":1`, strictjson.ErrSyntax},
	{"open after comma", `{"a":1,`, strictjson.ErrSyntax},
	{"closed by the other bracket", `{"a":1]`, strictjson.ErrSyntax},
	{"array closed by the other bracket", `{"a":[1}}`, strictjson.ErrSyntax},
	{"trailing comma", `{"a":1,}`, strictjson.ErrSyntax},
	{"leading comma", `{,"a":1}`, strictjson.ErrSyntax},
	{"two commas", `{"a":1,,"b":2}`, strictjson.ErrSyntax},
	{"no comma", `{"a":1 "b":2}`, strictjson.ErrSyntax},
	{"no colon", `{"a" 1}`, strictjson.ErrSyntax},
	{"equals sign", `{"a"=1}`, strictjson.ErrSyntax},
	{"no value", `{"a":}`, strictjson.ErrSyntax},
	{"no name", `{:1}`, strictjson.ErrSyntax},
	{"bare name", `{a:1}`, strictjson.ErrSyntax},
	{"single quotes", `{'a':1}`, strictjson.ErrSyntax},
	{"number as name", `{1:1}`, strictjson.ErrSyntax},
	{"array trailing comma", `{"a":[1,]}`, strictjson.ErrSyntax},
	{"array leading comma", `{"a":[,1]}`, strictjson.ErrSyntax},
	{"array no comma", `{"a":[1 2]}`, strictjson.ErrSyntax},
	{"array open", `{"a":[1`, strictjson.ErrSyntax},
	{"literal in capitals", `{"a":True}`, strictjson.ErrSyntax},
	{"literal cut", `{"a":tru}`, strictjson.ErrSyntax},
	{"literal at the end", `{"a":nul`, strictjson.ErrSyntax},
	{"literal too long", `{"a":falsey}`, strictjson.ErrSyntax},
	{"undefined", `{"a":undefined}`, strictjson.ErrSyntax},
	{"NaN", `{"a":NaN}`, strictjson.ErrSyntax},
	{"Infinity", `{"a":-Infinity}`, strictjson.ErrSyntax},
	{"leading zero", `{"a":01}`, strictjson.ErrSyntax},
	{"leading zero, negative", `{"a":-01}`, strictjson.ErrSyntax},
	{"plus sign", `{"a":+1}`, strictjson.ErrSyntax},
	{"minus alone", `{"a":-}`, strictjson.ErrSyntax},
	{"no integer part", `{"a":.5}`, strictjson.ErrSyntax},
	{"no fraction", `{"a":1.}`, strictjson.ErrSyntax},
	{"no fraction before exponent", `{"a":1.e5}`, strictjson.ErrSyntax},
	{"no exponent", `{"a":1e}`, strictjson.ErrSyntax},
	{"no exponent after sign", `{"a":1e+}`, strictjson.ErrSyntax},
	{"hexadecimal", `{"a":0x1}`, strictjson.ErrSyntax},
	{"underscore", `{"a":1_000}`, strictjson.ErrSyntax},
	{"string open", `{"a":"b`, strictjson.ErrSyntax},
	{"string open after backslash", `{"a":"b\`, strictjson.ErrSyntax},
	{"string closed by an escaped quote", `{"a":"b\"}`, strictjson.ErrSyntax},
	{"name open", `{"a`, strictjson.ErrSyntax},
	{"newline in a string", "{\"a\":\"b\nc\"}", strictjson.ErrSyntax},
	{"newline in a name", "{\"b\nc\":1}", strictjson.ErrSyntax},
	{"NUL in a string", "{\"a\":\"\x00\"}", strictjson.ErrSyntax},
	{"last control character", "{\"a\":\"0123456789\x1f\"}", strictjson.ErrSyntax},
	{"unknown escape", `{"a":"\x41"}`, strictjson.ErrSyntax},
	{"escape in capitals", `{"a":"\N"}`, strictjson.ErrSyntax},
	{"\\u cut", `{"a":"\u00e"}`, strictjson.ErrSyntax},
	{"\\u at the end", `{"a":"\u00`, strictjson.ErrSyntax},
	{"\\u not hexadecimal", `{"a":"\u00g0"}`, strictjson.ErrSyntax},
	{"\\u with a sign", `{"a":"\u+123"}`, strictjson.ErrSyntax},
	{"\\U", `{"a":"\U0001F600"}`, strictjson.ErrSyntax},
	{"high surrogate alone", `{"a":"\ud800"}`, strictjson.ErrUTF8},
	{"low surrogate alone", `{"a":"\udfff"}`, strictjson.ErrUTF8},
	{"high surrogate, text", `{"a":"\ud83dude00"}`, strictjson.ErrUTF8},
	{"high surrogate, other escape", `{"a":"\ud83d\n"}`, strictjson.ErrUTF8},
	{"high surrogate, letter", `{"a":"\ud83d\u0041"}`, strictjson.ErrUTF8},
	{"two high surrogates", `{"a":"\ud83d\ud83d\ude00"}`, strictjson.ErrUTF8},
	{"surrogates swapped", `{"a":"\ude00\ud83d"}`, strictjson.ErrUTF8},
	{"surrogate in a name", `{"\ud800":1}`, strictjson.ErrUTF8},
	{"surrogate two levels down", `{"a":[{"\udc00":1}]}`, strictjson.ErrUTF8},
	{"surrogate in raw bytes", "{\"a\":\"\xed\xa0\x80\"}", strictjson.ErrUTF8},
	{"stray continuation byte", "{\"a\":\"\x80\"}", strictjson.ErrUTF8},
	{"cut sequence", "{\"a\":\"\xe2\x82\"}", strictjson.ErrUTF8},
	{"cut sequence at the end", "{\"a\":\"\xf0\x9f", strictjson.ErrUTF8},
	{"overlong slash", "{\"a\":\"\xc0\xaf\"}", strictjson.ErrUTF8},
	{"beyond U+10FFFF", "{\"a\":\"\xf4\x90\x80\x80\"}", strictjson.ErrUTF8},
	{"byte FF", "{\"a\":\"01234567\xff\"}", strictjson.ErrUTF8},
	{"invalid UTF-8 in a name", "{\"\xff\":1}", strictjson.ErrUTF8},
	{"invalid UTF-8 nested", "{\"a\":[{\"b\":\"\xff\"}]}", strictjson.ErrUTF8},
	{"invalid UTF-8 outside of strings", "{\xff}", strictjson.ErrSyntax},
	{"duplicate", `{"alg":"none","alg":"HS256"}`, strictjson.ErrDuplicate},
	{"duplicate, not adjacent", `{"a":1,"b":2,"c":3,"a":4}`, strictjson.ErrDuplicate},
	{"duplicate, same value", `{"a":1,"a":1}`, strictjson.ErrDuplicate},
	{"duplicate by escape", `{"sub":1,"\u0073ub":2}`, strictjson.ErrDuplicate},
	{"duplicate by another escape", `{"a/b":1,"a\/b":2}`, strictjson.ErrDuplicate},
	{"duplicate by surrogate pair", `{"😀":1,"\ud83d\ude00":2}`, strictjson.ErrDuplicate},
	{"duplicate empty name", `{"":1,"":2}`, strictjson.ErrDuplicate},
	{"duplicate nested", `{"a":{"b":1,"b":2}}`, strictjson.ErrDuplicate},
	{"duplicate in an array", `{"a":[0,[{"b":1,"c":[],"b":2}]]}`, strictjson.ErrDuplicate},
	{"duplicate around a nested object", `{"a":1,"b":{"c":{"d":1}},"a":2}`, strictjson.ErrDuplicate},
	{"duplicate of the 1st among 16", distinct(15, `"0":1`), strictjson.ErrDuplicate},
	{"duplicate of the 1st among 17", distinct(16, `"0":1`), strictjson.ErrDuplicate},
	{"duplicate of the 16th among 17", distinct(16, `"f":1`), strictjson.ErrDuplicate},
	{"duplicate of the 17th among 18", distinct(17, `"10":1`), strictjson.ErrDuplicate},
	{"duplicate of the 1st among many", distinct(999, `"\u0030":1`), strictjson.ErrDuplicate},
	{"duplicate of the last among many", distinct(999, `"3e6":1`), strictjson.ErrDuplicate},
	{"duplicate among many, nested", `{"0":` + distinct(99, `"0":1`) + `}`, strictjson.ErrDuplicate},
	{"too deep, arrays", nested(strictjson.MaxDepth + 1), strictjson.ErrDepth},
	{"too deep, objects", nestedObjects(strictjson.MaxDepth + 1), strictjson.ErrDepth},
	{"depth bomb", `{"a":` + strings.Repeat("[", 1<<20), strictjson.ErrDepth},
}

// nested returns an object, a first member and arrays below it, depth deep.
func nested(depth int) string {
	return `{"a":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + "}"
}

// nestedObjects returns an object that is depth deep, of objects alone.
func nestedObjects(depth int) string {
	return strings.Repeat(`{"a":`, depth-1) + "{}" + strings.Repeat("}", depth-1)
}

// distinct returns an object with n members of different names, and after them
// the given text.
func distinct(n int, more ...string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%x":0`, i)
	}
	for _, m := range more {
		b.WriteString("," + m)
	}
	return "{" + b.String()[1:] + "}"
}
