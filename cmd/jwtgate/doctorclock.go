package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// clock compares this machine's with the one of a web server, by its field Date, which
// counts seconds.
func (d *diagnosis) clock(ctx context.Context, url string) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil || r.URL.Host == "" { // the error would show a password in the URL
		d.add("clock", "unknown", "-clock is no URL", "write it as https://example.com")
		return
	}
	sent := d.now()
	res, err := http.DefaultTransport.RoundTrip(r) // whatever the status is, and without a redirect
	if err != nil {
		d.add("clock", "unknown", err.Error(), "name a web server that can be reached with -clock")
		return
	}
	_ = res.Body.Close()
	date, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		d.add("clock", "unknown", r.URL.Host+" sends no Date", "name another server with -clock")
		return
	}
	got := d.now()
	// The second that Date names had begun when it was sent, and lasts one second.
	ahead, behind := sent.Sub(date.Add(time.Second)), date.Sub(got)
	switch apart := max(ahead, behind); {
	case apart > 30*time.Second:
		d.add("clock", "fail", said(ahead > behind, apart, r.URL.Host), "set the clock by NTP: 30 seconds are forgiven where a token begins, and none where it ends")
	case apart > 2*time.Second:
		d.add("clock", "warn", said(ahead > behind, apart, r.URL.Host), "set the clock by NTP")
	default:
		d.add("clock", "ok", "within 2 s of "+r.URL.Host, "")
	}
}

func said(ahead bool, apart time.Duration, host string) string {
	way := "behind"
	if ahead {
		way = "ahead of"
	}
	return fmt.Sprintf("%v %s %s", apart.Round(time.Second), way, host)
}
