// Package exact reads JSON into Go structs by exact names: encoding/json alone
// would let a member Role reach the field of role.
package exact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// ErrNoPointer is a mistake of the program's, and not of the text.
var ErrNoPointer = errors.New("core: Decode needs a non-nil pointer")

// Decode stores the JSON text raw in the value v points to. It is
// encoding/json over a text from which every member is gone that no field of
// its struct is named after exactly, so nothing is left for case folding.
func Decode(raw string, v any) error {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return ErrNoPointer
	}
	var b bytes.Buffer
	if err := writeExact(&b, raw, p.Type().Elem(), p.Elem()); err != nil {
		return err
	}
	d := json.NewDecoder(&b)
	d.UseNumber()
	return d.Decode(v)
}

var unmarshalerType = reflect.TypeFor[json.Unmarshaler]()

// writeExact writes raw without the members that a value of type t has no field
// for. v is what stands there already, if anything does: encoding/json follows
// the pointers in it.
func writeExact(b *bytes.Buffer, raw string, t reflect.Type, v reflect.Value) error {
	t, v = target(t, v)
	if t.Implements(unmarshalerType) || reflect.PointerTo(t).Implements(unmarshalerType) {
		b.WriteString(raw) // reads itself
		return nil
	}
	switch kind := strictjson.KindOf(raw); {
	case kind == strictjson.ObjectKind && t.Kind() == reflect.Struct:
		fields := exactFields(t)
		return writeObject(b, raw, func(name string) (reflect.Type, reflect.Value, bool) {
			f, ok := fields[name]
			if !ok || !v.IsValid() {
				return f.t, reflect.Value{}, ok
			}
			fv, _ := v.FieldByIndexErr(f.index) // the zero Value behind a nil pointer
			return f.t, fv, true
		})
	case kind == strictjson.ObjectKind && t.Kind() == reflect.Map:
		return writeObject(b, raw, func(string) (reflect.Type, reflect.Value, bool) {
			return t.Elem(), reflect.Value{}, true // encoding/json makes elements anew
		})
	case kind == strictjson.ArrayKind && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		elements, err := strictjson.Array(raw, nil)
		if err != nil {
			return err
		}
		b.WriteByte('[')
		for i, e := range elements {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeExact(b, e, t.Elem(), elementOf(v, i)); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	}
	b.WriteString(raw)
	return nil
}

// target follows pointers, and those that interfaces hold, as encoding/json
// does. The bound is for one that points to itself.
func target(t reflect.Type, v reflect.Value) (reflect.Type, reflect.Value) {
	for range 64 {
		switch {
		case t.Kind() == reflect.Pointer:
			t = t.Elem()
			if v.IsValid() {
				v = v.Elem()
			}
		case t.Kind() == reflect.Interface && v.IsValid() && v.Elem().Kind() == reflect.Pointer && !v.Elem().IsNil():
			v = v.Elem()
			t = v.Type()
		default:
			return t, v
		}
	}
	return t, v
}

// elementOf returns what stands at i in an array, or in the capacity of a slice,
// which encoding/json uses again.
func elementOf(v reflect.Value, i int) reflect.Value {
	switch {
	case v.Kind() == reflect.Array && i < v.Len():
		return v.Index(i)
	case v.Kind() == reflect.Slice && i < v.Cap():
		return v.Slice(0, v.Cap()).Index(i)
	}
	return reflect.Value{}
}

func writeObject(b *bytes.Buffer, raw string, field func(name string) (reflect.Type, reflect.Value, bool)) error {
	members, err := strictjson.Object(raw, nil)
	if err != nil {
		return err
	}
	b.WriteByte('{')
	first := true
	for _, m := range members {
		t, v, ok := field(m.Name)
		if !ok {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		name, err := json.Marshal(m.Name)
		if err != nil {
			return fmt.Errorf("core: %w", err)
		}
		b.Write(name)
		b.WriteByte(':')
		if err := writeExact(b, m.Value, t, v); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// exactField is a field that a member of its name is stored in.
type exactField struct {
	t     reflect.Type
	index []int
}

// fieldCache holds a map[string]exactField for each struct type decoded into.
var fieldCache sync.Map

// exactFields returns the fields that encoding/json would fill, by their JSON
// names: fields of embedded structs are promoted, the least deep wins, a tagged
// one among equals, and equals cancel each other.
func exactFields(t reflect.Type) map[string]exactField {
	if f, ok := fieldCache.Load(t); ok {
		return f.(map[string]exactField)
	}
	type candidate struct {
		exactField
		depth  int
		tagged bool
	}
	found := map[string][]candidate{}
	seen := map[reflect.Type]bool{}
	count := map[reflect.Type]int{}
	for depth, level := 0, []exactField{{t, nil}}; len(level) > 0; depth++ {
		var below []exactField
		countBelow := map[reflect.Type]int{}
		for _, s := range level {
			if seen[s.t] {
				continue
			}
			seen[s.t] = true
			for i := range s.t.NumField() {
				f := s.t.Field(i)
				ft := f.Type
				if f.Anonymous && ft.Kind() == reflect.Pointer {
					ft = ft.Elem()
				}
				embedded := f.Anonymous && ft.Kind() == reflect.Struct
				tag := f.Tag.Get("json")
				if tag == "-" || !f.IsExported() && !embedded {
					continue
				}
				name, _, _ := strings.Cut(tag, ",")
				if !validTag(name) {
					name = ""
				}
				index := append(slices.Clip(s.index), i)
				if embedded && name == "" {
					if countBelow[ft]++; countBelow[ft] == 1 {
						below = append(below, exactField{ft, index})
					}
					continue
				}
				c := candidate{exactField{f.Type, index}, depth, name != ""}
				if name == "" {
					name = f.Name
				}
				found[name] = append(found[name], c)
				if count[s.t] > 1 { // embedded twice at this depth: its fields cancel each other
					found[name] = append(found[name], c)
				}
			}
		}
		level, count = below, countBelow
	}
	fields := make(map[string]exactField, len(found))
	for name, cs := range found {
		slices.SortStableFunc(cs, func(a, b candidate) int {
			if a.depth != b.depth {
				return a.depth - b.depth
			}
			if a.tagged == b.tagged {
				return 0
			}
			if a.tagged {
				return -1
			}
			return 1
		})
		if len(cs) > 1 && cs[0].depth == cs[1].depth && cs[0].tagged == cs[1].tagged {
			continue
		}
		fields[name] = cs[0].exactField
	}
	fieldCache.Store(t, fields)
	return fields
}

// validTag reports whether encoding/json takes a tag's name; else it takes the field's.
func validTag(name string) bool {
	for _, c := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return name != ""
}
