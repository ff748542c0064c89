package coretest

import (
	"regexp"
	"runtime"
)

// InBubble counts the goroutines of the caller's synctest bubble, which must be in one.
// runtime.NumGoroutine counts those of all other tests besides.
func InBubble() int {
	text := make([]byte, 16<<20)
	bubble := regexp.MustCompile(`synctest bubble \d+`).Find(text[:runtime.Stack(text, false)])
	if bubble == nil {
		panic("coretest.InBubble is called in no bubble")
	}
	header := regexp.MustCompile(`(?m)^goroutine \d+ .*\b` + string(bubble) + `\b.*:$`)
	return len(header.FindAll(text[:runtime.Stack(text, true)], -1))
}
