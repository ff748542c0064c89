package core

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// rereadable is a Request whose body every step reads from its beginning, and the
// handler behind them from its beginning too: a body comes once, and who looks for a
// token in it must not take it from whoever it was meant for.
type rereadable struct {
	timedRequest
	last   bool       // no handler comes behind
	record *recording // nil until somebody asks for the body
}

// reread is a request as steps of the application get it. done is to be called when
// they are through: it puts back what they have read.
func reread(r Request) (again Request, done func()) {
	if _, ok := optional[*rereadable](r); ok {
		return r, func() {}
	}
	own := &rereadable{timedRequest: asTimed(r)}
	return own, own.putBack
}

// rereadLast is the request of an endpoint, which answers it.
func rereadLast(r Request) Request {
	return &rereadable{timedRequest: asTimed(r), last: true}
}

// asTimed is the request as one that has all methods.
func asTimed(r Request) timedRequest {
	if t, ok := r.(timedRequest); ok {
		return t
	}
	return timedRequest{r, r.Context()}
}

// maxReread is how much of a body a step can read: a body of the largest login
// there may be, and a byte more, by which it is known to be too large.
const maxReread = largestMaxTokenBytes + 1

var errReread = errors.New("a step reads no more of a body than a megabyte; the handler gets all of it")

// bodySetter is what the comment of Request says of SetBody.
type bodySetter interface{ SetBody(body io.Reader) }

// Body implements [Request]: at each call from the beginning.
func (r *rereadable) Body() io.Reader {
	if r.record == nil {
		r.record = &recording{source: r.Request.Body()}
		// A stream that is there once cannot be put back in part, so it is read only if
		// it is sure to end in time.
		_, once := optional[bodySetter](r.Request)
		_, seeks := r.record.source.(io.Seeker)
		if n, known := contentLength(r); once && !seeks && !r.last && (!known || n >= maxReread) {
			r.record.end = errReread
		}
	}
	return &playback{r.record, 0}
}

// putBack has the handler read what the steps have read.
func (r *rereadable) putBack() {
	if r.last || r.record == nil || len(r.record.read) == 0 {
		return
	}
	if seeker, ok := r.record.source.(io.Seeker); ok {
		_, _ = seeker.Seek(0, io.SeekStart)
	} else if h, ok := optional[httpRequest](r.Request); ok {
		h.r.Body = handedOn{r.record.whole(), h.r.Body}
	} else if s, ok := optional[bodySetter](r.Request); ok {
		_, _ = io.Copy(io.Discard, &playback{r.record, 0}) // to its end, which is near
		s.SetBody(bytes.NewReader(r.record.read))
	}
}

// handedOn is a body of net/http of which something had been read.
type handedOn struct {
	io.Reader
	io.Closer
}

// recording is a body, and what has been read of it.
type recording struct {
	source io.Reader
	read   []byte
	end    error // of the source; nil: there may be more
}

// whole is the body from its beginning, for the handler.
func (b *recording) whole() io.Reader {
	if b.end != nil && b.end != io.EOF {
		return io.MultiReader(bytes.NewReader(b.read), failing{b.end})
	}
	return io.MultiReader(bytes.NewReader(b.read), b.source)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// playback reads a recording, and records what is new.
type playback struct {
	*recording
	at int
}

// Read implements io.Reader.
func (p *playback) Read(into []byte) (n int, err error) {
	switch {
	case p.at < len(p.read):
		n = copy(into, p.read[p.at:])
	case p.end != nil:
		return 0, p.end
	case len(p.read) == maxReread:
		return 0, errReread
	default:
		n, err = p.source.Read(into[:min(len(into), maxReread-len(p.read))])
		p.read, p.end = append(p.read, into[:n]...), err
	}
	p.at += n
	return n, err
}

// contentLength is what a request says of its body's length. A server has judged the
// field; what is no number here is as good as none.
func contentLength(r Request) (n int64, known bool) {
	if h, ok := optional[httpRequest](r); ok {
		return h.r.ContentLength, h.r.ContentLength >= 0
	}
	values := r.Header("Content-Length")
	if len(values) != 1 || len(values[0]) == 0 || len(values[0]) > 18 {
		return 0, false
	}
	for _, c := range []byte(values[0]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// withoutContent reports whether a method's content has no meaning (RFC 9110
// sections 9.3.1, 9.3.2 and 9.3.5 to 9.3.8), so that what is on the way may drop it.
func withoutContent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}
