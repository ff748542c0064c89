package strictjson

import (
	"hash/maphash"
	"math"
)

// Field is where one member of an object stands in the text it was read from.
// It holds offsets and no strings: half the memory of a [Member], and nothing in
// it for the garbage collector to follow.
type Field struct {
	name, nameEnd   int32 // inside of the quotes; nameEnd is negative if there are escapes
	value, valueEnd int32 // valueEnd is negative if the value is a string with escapes
}

// maxText is the longest text whose offsets fit.
const maxText = math.MaxInt32

// Name returns the unescaped name of a field of src.
func (f Field) Name(src string) string {
	if f.nameEnd < 0 {
		return unescape(src[f.name:-f.nameEnd])
	}
	return src[f.name:f.nameEnd]
}

// Value returns the raw text of the value of a field of src, without surrounding
// white space.
func (f Field) Value(src string) string {
	if f.valueEnd < 0 {
		return src[f.value:-f.valueEnd]
	}
	return src[f.value:f.valueEnd]
}

// Text returns the text of the value of a field of src, if that is a string. It
// is what [String] makes of Value, without another look at each byte.
func (f Field) Text(src string) (s string, ok bool) {
	if src[f.value] != '"' {
		return "", false
	}
	if f.valueEnd < 0 {
		return unescape(src[f.value+1 : -f.valueEnd-1]), true
	}
	return src[f.value+1 : f.valueEnd-1], true
}

// Fields reads src as [Object] does, by the same rules and with the same errors,
// and appends where its members stand. Behind them the capacity of into serves as
// scratch space for nested objects. If it suffices, and no object has more than
// 16 members and no name an escape, Fields does not allocate.
//
// A text of 2 GiB or more is an ErrSyntax: its offsets would not fit.
func Fields(src string, into []Field) ([]Field, error) {
	i := space(src, 0)
	switch KindOf(src[i:]) {
	case ObjectKind:
	case Invalid:
		return into, ErrSyntax
	default:
		return into, ErrNotObject
	}
	if len(src) > maxText {
		return into, ErrSyntax
	}
	end, fields, err := nest(src, i, 1, into)
	if err != nil {
		return into, err
	}
	if space(src, end) != len(src) {
		return into, ErrTrailing
	}
	return fields, nil
}

// fewMembers is how many names of one object are compared one by one. Beyond
// it they go into a table, or a hostile object would cost quadratic time.
const fewMembers = 16

// sortOf gives each name one of 64 bits. Two names of different bits differ. The
// factors give each name of RFC 7519 a bit of its own.
func sortOf(name string) uint64 {
	if name == "" {
		return 1
	}
	return 1 << ((uint(name[0]) + 7*uint(name[len(name)-1]) + 6*uint(len(name))) % 64)
}

// known tells whether one of the fields of an object is called name. If none is,
// the caller appends the field of that name next. An object that has outgrown
// fewMembers keeps its names in a table, which known returns for the next call.
func known(src string, fields []Field, t *table, name string) (bool, *table) {
	if len(fields) < fewMembers {
		for _, f := range fields {
			if f.Name(src) == name {
				return true, nil
			}
		}
		return false, nil
	}
	if t == nil || len(fields) > len(t.places)/2 {
		t = newTable(src, fields)
	}
	place, dup := t.find(src, fields, name)
	t.places[place] = int32(len(fields)) + 1
	return dup, t
}

// table finds a field by its name. Half of its places at least are empty.
type table struct {
	places []int32 // one more than the field's index; 0: empty
}

// nameSeed is another one in each process, so that nobody can choose names that
// share a place.
var nameSeed = maphash.MakeSeed()

func newTable(src string, fields []Field) *table {
	size := 4 * fewMembers
	for size < 4*len(fields) {
		size *= 2
	}
	t := &table{make([]int32, size)}
	for i, f := range fields {
		place, _ := t.find(src, fields, f.Name(src))
		t.places[place] = int32(i) + 1
	}
	return t
}

// find returns the place of the field that is called name, and whether it is there.
func (t *table) find(src string, fields []Field, name string) (place int, found bool) {
	mask := len(t.places) - 1
	for place = int(maphash.String(nameSeed, name)) & mask; t.places[place] != 0; place = (place + 1) & mask {
		if fields[t.places[place]-1].Name(src) == name {
			return place, true
		}
	}
	return place, false
}
