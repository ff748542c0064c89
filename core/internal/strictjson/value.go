package strictjson

// Kind is the type of a JSON value (RFC 8259 section 3).
type Kind uint8

// The kinds of JSON values. Those whose bare names belong to functions of this
// package end in Kind.
const (
	Invalid Kind = iota // no JSON value starts like this
	Null
	Bool
	Number
	StringKind
	ArrayKind
	ObjectKind
)

// KindOf tells the kind of raw by its first byte and looks no further. For a
// Member's value, or an element from Array, that is enough.
func KindOf(raw string) Kind {
	if raw == "" {
		return Invalid
	}
	switch raw[0] {
	case '"':
		return StringKind
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return Number
	case '{':
		return ObjectKind
	case '[':
		return ArrayKind
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	}
	return Invalid
}

// value reads the value that starts at src[i], an object or array there being at
// the given depth, and returns the index behind it. Of an object it appends the
// members; those of objects further down use the space behind them as scratch.
//
// Slices go in and come out by value, and one function does both objects and
// arrays, so that the compiler sees that members never leaves: then a caller's
// buffer can live on the caller's stack. With functions that call each other in
// turn it gives up on that.
func value(src string, i, depth int, members []Member) (int, []Member, error) {
	kind := KindOf(src[i:])
	if kind != ObjectKind && kind != ArrayKind {
		end, err := scalar(src, i, kind)
		return end, members, err
	}
	if depth > MaxDepth {
		return 0, members, ErrDepth
	}
	var (
		base    = len(members)
		keep    = base       // how many members stay once a value is read
		closing = src[i] + 2 // in ASCII both brackets close two places after they open
		set     map[string]struct{}
	)
	i, more := first(src, i+1, closing)
	for more {
		var err error
		if kind == ObjectKind {
			var (
				m   Member
				dup bool
			)
			if m.Name, i, err = memberName(src, i); err != nil {
				return 0, members, err
			}
			if dup, set = known(members[base:], set, m.Name); dup {
				return 0, members, ErrDuplicate
			}
			members = append(members, m)
			keep++
		}
		start := i
		if i, members, err = value(src, start, depth+1, members); err != nil {
			return 0, members, err
		}
		members = members[:keep]
		if kind == ObjectKind {
			members[keep-1].Value = src[start:i]
		}
		if i, more, err = next(src, i, closing); err != nil {
			return 0, members, err
		}
	}
	return i, members, nil
}

// scalar reads the value of the given kind, neither object nor array, that
// starts at src[i] and returns the index behind it.
func scalar(src string, i int, kind Kind) (end int, err error) {
	end = -1
	switch kind {
	case StringKind:
		end, _, err = text(src, i+1)
		return end + 1, err
	case Number:
		_, _, end = number(src, i)
	case Bool:
		if src[i] == 't' {
			end = literal(src, i, "true")
		} else {
			end = literal(src, i, "false")
		}
	case Null:
		end = literal(src, i, "null")
	}
	if end < 0 {
		return 0, ErrSyntax
	}
	return end, nil
}

// literal returns the index behind word if it stands at src[i], else -1. What
// follows is the caller's to judge.
func literal(src string, i int, word string) int {
	if end := i + len(word); end <= len(src) && src[i:end] == word {
		return end
	}
	return -1
}

// first steps over the white space behind an opening bracket. It returns the
// index of the first member or element, or the index behind the closing bracket
// and more == false.
func first(src string, i int, closing byte) (_ int, more bool) {
	i = space(src, i)
	if i < len(src) && src[i] == closing {
		return i + 1, false
	}
	return i, true
}

// next steps over what follows a member or element: a comma, and it returns the
// index of the next one, or the closing bracket, and it returns the index behind
// that and more == false.
func next(src string, i int, closing byte) (_ int, more bool, err error) {
	i = space(src, i)
	if i < len(src) {
		switch src[i] {
		case ',':
			return space(src, i+1), true, nil
		case closing:
			return i + 1, false, nil
		}
	}
	return 0, false, ErrSyntax
}

// space steps over white space, which is these four bytes and no others (RFC
// 8259 section 2). A byte order mark is not among them.
func space(src string, i int) int {
	for i < len(src) && (src[i] == ' ' || src[i] == '\n' || src[i] == '\r' || src[i] == '\t') {
		i++
	}
	return i
}
