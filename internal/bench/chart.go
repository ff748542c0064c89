package main

import (
	"fmt"
	"html"
	"strings"
)

// bar is one bar of a panel.
type bar struct {
	label string
	value float64
	text  string
	ours  bool
	gap   string // a heading above it, if not ""
}

// The chart's measures, in SVG units.
const (
	chartWidth = 760
	labelWidth = 210
	valueWidth = 110
	barHeight  = 18
	rowHeight  = 24
)

// chart draws two panels: what a library needs for a token, and what a
// middleware adds to a request. Its colours follow the reader's: light or dark.
func (r *Results) chart() string {
	var body strings.Builder
	y := 24
	y = panel(&body, y, "One valid HS256 token, from text to verified subject", "times the raw HMAC (lower is better)", r.decodeBars())
	y = panel(&body, y+14, "One RS256 request over loopback", "CPU time of the server process, times the bare handler (lower is better)", r.loadBars())
	note := fmt.Sprintf("%s, %d cores, %s, %s. Medians of %d rounds.", r.Machine.CPU, r.Machine.Cores, r.Machine.Go, r.Machine.Date, r.Machine.Rounds)
	fmt.Fprintf(&body, "<text class=\"s\" x=\"20\" y=\"%d\">%s</text>\n", y+14, html.EscapeString(note))
	height := y + 30
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="What a token costs: jwtgate beside its peers">
<style>
.bg{fill:#ffffff;stroke:#d0d7de}
text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}
.t{font-weight:600;font-size:15px}
.s{font-size:12px;fill:#59636e}
.h{font-weight:600}
.p{fill:#8c959f}
.o{fill:#1a7f37}
.l{stroke:#59636e;stroke-dasharray:3 3}
@media (prefers-color-scheme: dark){
.bg{fill:#0d1117;stroke:#3d444d}
text{fill:#f0f6fc}
.s{fill:#9198a1}
.p{fill:#656c76}
.o{fill:#3fb950}
.l{stroke:#9198a1}
}
</style>
<rect class="bg" x="0.5" y="0.5" width="%d" height="%d" rx="8"/>
%s</svg>
`, chartWidth, height, chartWidth, height, chartWidth-1, height-1, body.String())
}

// panel draws bars under a title and returns where it ended. A dashed line
// marks 1.
func panel(b *strings.Builder, y int, title, unit string, bars []bar) int {
	fmt.Fprintf(b, "<text class=\"t\" x=\"20\" y=\"%d\">%s</text>\n", y+8, html.EscapeString(title))
	fmt.Fprintf(b, "<text class=\"s\" x=\"20\" y=\"%d\">%s</text>\n", y+26, html.EscapeString(unit))
	y += 40
	most := 1.0
	for _, v := range bars {
		most = max(most, v.value)
	}
	scale := float64(chartWidth-labelWidth-valueWidth) / most
	top, one := y, labelWidth+scale
	for _, v := range bars {
		if v.gap != "" {
			fmt.Fprintf(b, "<text class=\"h\" x=\"20\" y=\"%d\">%s</text>\n", y+16, html.EscapeString(v.gap))
			y += rowHeight
		}
		class := "p"
		if v.ours {
			class = "o"
		}
		width := max(1, v.value*scale)
		fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", labelWidth-8, y+14, html.EscapeString(v.label))
		fmt.Fprintf(b, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", class, labelWidth, y, width, barHeight)
		end := max(labelWidth+width, one) // the line does not cross the text
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%d\">%s</text>\n", end+6, y+14, html.EscapeString(v.text))
		y += rowHeight
	}
	fmt.Fprintf(b, "<line class=\"l\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n", one, top, one, y-6)
	fmt.Fprintf(b, "<text class=\"s\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">1</text>\n", one, y+6)
	return y + 14
}

func (r *Results) decodeBars() []bar {
	raw := r.find(levelDecode, "", "HS256", Valid, rawName)
	var bars []bar
	for _, l := range libraries {
		c := r.find(levelDecode, "", "HS256", Valid, l.Name)
		if len(c.Samples) == 0 || l.Name == rawName {
			continue
		}
		x := c.Median() / raw.Median()
		bars = append(bars, bar{label: r.titled(l.Name), value: x, text: ratioText(x), ours: strings.HasPrefix(l.Name, oursName)})
	}
	return bars
}

func (r *Results) loadBars() []bar {
	var bars []bar
	framework := ""
	for _, c := range r.Cells {
		if c.Level != levelLoad || c.Alg != "RS256" || c.Input != Valid || c.Name == bareName {
			continue
		}
		x := c.Median() / r.find(levelLoad, c.Framework, "RS256", Valid, bareName).Median()
		v := bar{label: r.titled(c.Name), value: x, text: ratioText(x), ours: strings.HasPrefix(c.Name, oursName)}
		if c.Framework != framework {
			framework, v.gap = c.Framework, c.Framework
		}
		bars = append(bars, v)
	}
	return bars
}
