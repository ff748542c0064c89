package strictjson

// Kind is the type of a JSON value (RFC 8259 section 3).
type Kind uint8

// The kinds of JSON values. Those whose bare names belong to functions of this
// Package end in Kind.
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
// the given depth, and returns the index behind it. It leaves fields as they
// are, and returns them in case their memory had to grow for those below.
func value(src string, i, depth int, fields []Field) (int, []Field, error) {
	if i < len(src) && (src[i] == '{' || src[i] == '[') {
		end, all, err := nest(src, i, depth, fields)
		return end, all[:len(fields)], err
	}
	end, err := scalar(src, i)
	return end, fields, err
}

// nest reads the object or array that opens at src[i], at the given depth, and
// returns the index behind it. Of an object it appends the fields; those of
// objects further down use the space behind them as scratch.
//
// Slices go in and come out by value, and one function does both objects and
// arrays, so that the compiler sees that fields never leaves: then a caller's
// buffer can live on the caller's stack.
func nest(src string, i, depth int, fields []Field) (int, []Field, error) {
	if depth > MaxDepth {
		return 0, fields, ErrDepth
	}
	var (
		base    = len(fields)
		object  = src[i] == '{'
		closing = src[i] + 2 // in ASCII both brackets close two places after they open
		seen    uint64       // the sorts of names that were there
		names   *table       // of an object that has many
		dup     bool
		err     error
	)
	i, more := first(src, i+1, closing)
	for more {
		if object {
			start := i + 1
			if i == len(src) || src[i] != '"' {
				return 0, fields, ErrSyntax
			}
			end, plain := letters(src, start), true
			if end == len(src) || src[end] != '"' { // not one of the usual names
				if end, plain, err = text(src, end); err != nil {
					return 0, fields, err
				}
			}
			f := Field{name: int32(start), nameEnd: int32(end)}
			name := src[start:end]
			if !plain {
				name = unescape(name)
				f.nameEnd = -f.nameEnd
			}
			if i = space(src, end+1); i == len(src) || src[i] != ':' {
				return 0, fields, ErrSyntax
			}
			i = space(src, i+1)
			if sort := sortOf(name); seen&sort == 0 && len(fields)-base < fewMembers {
				seen |= sort // unlike all names before it, so it need not be compared
			} else if dup, names = known(src, fields[base:], names, name); dup {
				return 0, fields, ErrDuplicate
			}
			f.value = int32(i)
			fields = append(fields, f)
		}
		if i == len(src) {
			return 0, fields, ErrSyntax
		}
		plain := true
		switch src[i] {
		case '"':
			i, plain, err = text(src, i+1)
			i++
		case '{', '[':
			keep := len(fields)
			i, fields, err = nest(src, i, depth+1, fields)
			fields = fields[:keep]
		default:
			i, err = scalar(src, i)
		}
		if err != nil {
			return 0, fields, err
		}
		if object {
			last := &fields[len(fields)-1]
			if last.valueEnd = int32(i); !plain {
				last.valueEnd = -last.valueEnd
			}
		}
		if i < len(src) && src[i] == ',' { // the usual case of next
			i = space(src, i+1)
		} else if i, more, err = next(src, i, closing); err != nil {
			return 0, fields, err
		}
	}
	return i, fields, nil
}

// letters returns the index behind the lower-case letters from src[i] on.
func letters(src string, i int) int {
	for i < len(src) && 'a' <= src[i] && src[i] <= 'z' {
		i++
	}
	return i
}

// scalar reads the value, neither object nor array, that starts at src[i] and
// returns the index behind it.
func scalar(src string, i int) (end int, err error) {
	if i == len(src) {
		return 0, ErrSyntax
	}
	switch c := src[i]; {
	case c == '"':
		end, _, err = text(src, i+1)
		return end + 1, err
	case '1' <= c && c <= '9':
		if end = digits(src, i+1); end < len(src) && (src[end] == '.' || src[end] == 'e' || src[end] == 'E') {
			_, _, end = number(src, i)
		}
	case c == '-' || c == '0':
		_, _, end = number(src, i)
	case c == 't':
		end = literal(src, i, "true")
	case c == 'f':
		end = literal(src, i, "false")
	case c == 'n':
		end = literal(src, i, "null")
	default:
		end = -1
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
	for i < len(src) && src[i] <= ' ' && (src[i] == ' ' || src[i] == '\n' || src[i] == '\r' || src[i] == '\t') {
		i++ // mostly there is none, and one comparison tells
	}
	return i
}
