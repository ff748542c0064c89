package conform

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/adaptertest"
)

// doc lists what servers and routers answer before us.
const doc = "../../docs/frameworks.md"

// TestBefore holds that list to what the mounts declare, and TestConform measures.
func TestBefore(t *testing.T) {
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	listed := tableRows(string(text))
	for _, c := range adaptertest.ServerCases() {
		line := "| " + c.Name + " |"
		for _, m := range Mounts {
			line += " " + m.Answer(c) + " |"
		}
		if i := slices.Index(listed, line); i >= 0 {
			listed = slices.Delete(listed, i, i+1)
		} else {
			t.Errorf("%s does not have the line\n%s", doc, line)
		}
	}
	for _, line := range listed {
		t.Errorf("%s has a line that is not measured:\n%s", doc, line)
	}
}

// tableRows are the rows of the tables whose columns are the frameworks.
func tableRows(text string) (rows []string) {
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasSuffix(line, "| net/http | Gin | Echo | Fiber |"):
			inside = true
		case !strings.HasPrefix(line, "|"):
			inside = false
		case inside && !strings.HasPrefix(line, "|--"):
			rows = append(rows, line)
		}
	}
	return rows
}
