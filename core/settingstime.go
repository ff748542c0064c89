package core

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	year = 366 * day // no whole number of seconds is meant to be longer
)

// delta reads whole seconds, or a duration as Go writes it, with days in front if
// need be.
func (r *reading) delta(name, value string, least, most time.Duration) (time.Duration, bool) {
	value, ok := r.text(name, value)
	if !ok {
		return 0, false
	}
	seconds, plain := wholeSeconds(value)
	meant, known := understood(value)
	d, err := parseTime(value)
	switch {
	case plain && inMillis(seconds) && written(time.Duration(seconds)*time.Millisecond) != "0s":
		r.bad(name, fmt.Sprintf("write %s if it counts milliseconds, and %s if it counts seconds", written(time.Duration(seconds)*time.Millisecond), written(time.Duration(seconds)*time.Second)),
			"%s is likely to count milliseconds, and seconds are read here", value)
	case err != nil && known:
		r.bad(name, fmt.Sprintf("write %s", written(meant)), "%.64q is not how a time is written here", value)
	case err != nil || d < least || d > most:
		r.bad(name, "write whole seconds, as 90, or a duration, as 1m30s", "%.64q is no time from %v to %v", value, written(least), written(most))
	default:
		return d, true
	}
	return 0, false
}

// parseTime reads a time as it is written here.
func parseTime(value string) (sum time.Duration, err error) {
	if n, ok := wholeSeconds(value); ok {
		return time.Duration(n) * time.Second, nil
	}
	if d := withDays.FindStringSubmatch(value); d != nil {
		n, _ := strconv.Atoi(d[1])
		if sum, value = time.Duration(n)*day, d[2]; value == "" {
			return sum, nil
		}
	}
	d, err := time.ParseDuration(value)
	return sum + d, err
}

// wholeSeconds is a number without a unit, if it is one that a time.Duration holds.
func wholeSeconds(value string) (n int, ok bool) {
	n, err := strconv.Atoi(value)
	return n, err == nil && int64(n) <= int64(maxDelta/time.Millisecond) && n >= 0
}

// inMillis reports whether a number without a unit is likely to count milliseconds:
// those are whole seconds and, read as seconds, a time that nobody would choose.
func inMillis(n int) bool {
	d := time.Duration(n) * time.Second
	odd := n > int(year/time.Second) || d%time.Hour != 0 || d > day && d%day != 0
	return n >= 10_000 && n%1000 == 0 && odd
}

// The forms in which others write times. Days in front of Go's form are taken; the
// rest is only understood, to say how it is written here.
var (
	withDays  = regexp.MustCompile(`^(\d{1,5})d(.*)$`)
	iso8601   = regexp.MustCompile(`^P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$`)
	byClock   = regexp.MustCompile(`^(?:(\d{1,5})\.)?(\d{1,2}):(\d{2}):(\d{2})$`)
	inWords   = regexp.MustCompile(`^(\d{1,9})\s*(ms|milli|s|min|m|h|d|w|y)([a-z]*)$`)
	asProduct = regexp.MustCompile(`^\d{1,9}(\s*\*\s*\d{1,9})+$`)
)

// understood is the time that a text in a form of others' means: of ISO 8601, of
// .NET, in words as of JavaScript's ms, or as a product of seconds.
func understood(value string) (d time.Duration, ok bool) {
	sum := 0.0 // in seconds
	add := func(digits string, unit time.Duration) {
		n, _ := strconv.Atoi(digits)
		sum += float64(n) * unit.Seconds()
	}
	if f := iso8601.FindStringSubmatch(strings.ToUpper(value)); f != nil {
		for i, unit := range []time.Duration{7 * day, day, time.Hour, time.Minute, time.Second} {
			add(f[i+1], unit)
		}
	} else if f := byClock.FindStringSubmatch(value); f != nil {
		for i, unit := range []time.Duration{day, time.Hour, time.Minute, time.Second} {
			add(f[i+1], unit)
		}
	} else if f := inWords.FindStringSubmatch(strings.ToLower(value)); f != nil {
		add(f[1], map[string]time.Duration{
			"ms": time.Millisecond, "milli": time.Millisecond, "s": time.Second, "min": time.Minute, "m": time.Minute,
			"h": time.Hour, "d": day, "w": 7 * day, "y": 365 * day,
		}[f[2]])
	} else if asProduct.MatchString(value) {
		sum = 1
		for factor := range strings.SplitSeq(value, "*") {
			n, _ := strconv.Atoi(strings.TrimSpace(factor))
			sum *= float64(n)
		}
	}
	if sum <= 0 || sum > maxDelta.Seconds() {
		return 0, false
	}
	return time.Duration(sum * float64(time.Second)), true
}

// written is a duration as it is written here.
func written(d time.Duration) string {
	if d > 0 && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	text := d.String() // 1h0m0s
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
