package redisstore

import (
	"fmt"
	"strconv"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// states are the words that scripts say for what there is of a token.
var states = map[string]sessions.State{
	"gone": sessions.Gone, "current": sessions.Current, "grace": sessions.Grace, "reused": sessions.Reused,
}

// foundOf reads what a script says of a token: a state, what was sealed, and the
// session.
func foundOf(id string, text []string) (found sessions.Outcome, err error) {
	state, ok := states[text[0]]
	if !ok {
		return sessions.Outcome{}, fmt.Errorf("redisstore: a script said %q", text[0])
	}
	found.State = state
	if state == sessions.Gone {
		return found, nil
	}
	if text[1] != "" {
		found.Sealed = []byte(text[1])
	}
	found.Session, err = sessionOf(id, text[2:])
	return found, err
}

// sessionOf reads a session: subject, label, three times in milliseconds, the
// stamp, and the delivery.
func sessionOf(id string, text []string) (sessions.Session, error) {
	if len(text) != 7 {
		return sessions.Session{}, fmt.Errorf("redisstore: session %s: %d fields, not 7; is the prefix another program's too?", id, len(text))
	}
	if n := len(text[5]); n != 0 && n != 32 {
		return sessions.Session{}, fmt.Errorf("redisstore: session %s: a stamp of %d bytes, not 32", id, n)
	}
	s := sessions.Session{ID: id, Subject: text[0], Label: text[1]}
	for i, t := range []*time.Time{&s.Created, &s.LastUsed, &s.Expires} {
		n, err := strconv.ParseInt(text[2+i], 10, 64)
		if err != nil {
			return sessions.Session{}, fmt.Errorf("redisstore: session %s: %w", id, err)
		}
		*t = time.UnixMilli(n).UTC()
	}
	copy(s.Stamp[:], text[5])
	if d := text[6]; d != "" {
		n, err := strconv.ParseUint(d, 10, 8)
		if s.Delivery = sessions.Delivery(n); err != nil || !s.Delivery.Valid() {
			return sessions.Session{}, fmt.Errorf("redisstore: session %s: a delivery that this version does not know", id)
		}
	}
	return s, nil
}

// stampText is how a session's stamp is kept: nothing if there is none.
func stampText(stamp [32]byte) string {
	if stamp == ([32]byte{}) {
		return ""
	}
	return string(stamp[:])
}

// deliveryText is how a session's delivery is kept: nothing if it is the body.
func deliveryText(d sessions.Delivery) string {
	if d == sessions.InBody {
		return ""
	}
	return strconv.Itoa(int(d))
}

// members reads a subject's list: IDs, each followed by Created.
func members(text []string) ([]sessions.Session, error) {
	list := make([]sessions.Session, 0, len(text)/2)
	for i := 0; i+1 < len(text); i += 2 {
		created, err := strconv.ParseFloat(text[i+1], 64) // a score, without a fraction
		if err != nil {
			return nil, fmt.Errorf("redisstore: a list of sessions: %w", err)
		}
		list = append(list, sessions.Session{ID: text[i], Created: time.UnixMilli(int64(created)).UTC()})
	}
	return list, nil
}
