package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// decodeExact stores the JSON text raw in the value v points to. It is
// encoding/json over a text from which every member is gone that no field of
// its struct is named after exactly, so nothing is left for case folding.
func decodeExact(raw string, v any) error {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return errors.New("core: Decode needs a non-nil pointer")
	}
	var b bytes.Buffer
	if err := writeExact(&b, raw, p.Type().Elem()); err != nil {
		return err
	}
	d := json.NewDecoder(&b)
	d.UseNumber()
	return d.Decode(v)
}

var unmarshalerType = reflect.TypeFor[json.Unmarshaler]()

// writeExact writes raw without the members that a value of type t has no field for.
func writeExact(b *bytes.Buffer, raw string, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Implements(unmarshalerType) || reflect.PointerTo(t).Implements(unmarshalerType) {
		b.WriteString(raw) // reads itself
		return nil
	}
	switch kind := strictjson.KindOf(raw); {
	case kind == strictjson.ObjectKind && t.Kind() == reflect.Struct:
		fields := exactFields(t)
		return writeObject(b, raw, func(name string) (reflect.Type, bool) {
			ft, ok := fields[name]
			return ft, ok
		})
	case kind == strictjson.ObjectKind && t.Kind() == reflect.Map:
		return writeObject(b, raw, func(string) (reflect.Type, bool) { return t.Elem(), true })
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
			if err := writeExact(b, e, t.Elem()); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	}
	b.WriteString(raw)
	return nil
}

func writeObject(b *bytes.Buffer, raw string, field func(name string) (reflect.Type, bool)) error {
	members, err := strictjson.Object(raw, nil)
	if err != nil {
		return err
	}
	b.WriteByte('{')
	first := true
	for _, m := range members {
		t, ok := field(m.Name)
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
		if err := writeExact(b, m.Value, t); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// fieldCache holds a map[string]reflect.Type for each struct type decoded into.
var fieldCache sync.Map

// exactFields returns the types of the fields that encoding/json would fill, by
// their JSON names: fields of embedded structs are promoted, the least deep
// wins, a tagged one among equals, and equals cancel each other.
func exactFields(t reflect.Type) map[string]reflect.Type {
	if f, ok := fieldCache.Load(t); ok {
		return f.(map[string]reflect.Type)
	}
	type candidate struct {
		t      reflect.Type
		depth  int
		tagged bool
	}
	found := map[string][]candidate{}
	seen := map[reflect.Type]bool{}
	for depth, level := 0, []reflect.Type{t}; len(level) > 0; depth++ {
		var below []reflect.Type
		for _, s := range level {
			if seen[s] {
				continue
			}
			seen[s] = true
			for i := range s.NumField() {
				f := s.Field(i)
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if f.Tag.Get("json") == "-" {
					continue
				}
				ft := f.Type
				if f.Anonymous && name == "" {
					if ft.Kind() == reflect.Pointer {
						ft = ft.Elem()
					}
					if ft.Kind() == reflect.Struct {
						below = append(below, ft)
						continue
					}
				}
				if !f.IsExported() {
					continue
				}
				c := candidate{f.Type, depth, name != ""}
				if name == "" {
					name = f.Name
				}
				found[name] = append(found[name], c)
			}
		}
		level = below
	}
	fields := make(map[string]reflect.Type, len(found))
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
		fields[name] = cs[0].t
	}
	fieldCache.Store(t, fields)
	return fields
}
