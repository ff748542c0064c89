package promobs_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/internal/metrics"
	"github.com/jwtgate/jwtgate/observers/promobs"
)

// dashboard is what Grafana imports, as far as it is looked at here.
type dashboard struct {
	Panels []struct {
		Title, Type string
		Targets     []struct{ Expr string }
	}
	Templating struct{ List []struct{ Name, Query any } }
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// queries are those of a dashboard, by the panel's title.
func (d dashboard) queries() map[string][]string {
	all := map[string][]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all[p.Title] = append(all[p.Title], target.Expr)
		}
	}
	return all
}

var (
	metricName = regexp.MustCompile(`jwtgate_\w+`)
	byLabels   = regexp.MustCompile(`by \(([^)]*)\)`)
	matchers   = regexp.MustCompile(`(jwtgate_\w+)\{([^}]*)\}`)
	matched    = regexp.MustCompile(`(\w+) *(?:=~|!~|!=|=) *"([^"]*)"`)
	labelName  = regexp.MustCompile(`(\w+) *(?:=~|!~|!=|=)`)
)

// known are the labels of each metric's series, as Prometheus has them, and what a scrape
// adds.
func known() map[string][]string {
	all := map[string][]string{}
	for _, m := range metrics.Table(metrics.Options{}) {
		name, labels := promobs.NameOf(m), []string{"job", "instance"}
		for _, l := range m.Labels {
			labels = append(labels, l.Name)
		}
		if m.Form == metrics.Histogram {
			name, labels = name+"_bucket", append(labels, "le")
		}
		all[name] = labels
	}
	return all
}

// TestNames: what the dashboard and the alerts ask for is there, and all that is there is
// on the dashboard.
func TestNames(t *testing.T) {
	known, asked := known(), map[string]bool{}
	alerts, err := os.ReadFile("alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, queries := range readDashboard(t).queries() {
		all = append(all, queries...)
	}
	for _, q := range all {
		for _, name := range metricName.FindAllString(q, -1) {
			asked[name] = true
		}
	}
	rules := strings.Split(string(alerts), "- alert:")
	for _, rule := range rules[1:] {
		expr, _, _ := strings.Cut(rule, "labels:")
		all = append(all, expr)
	}
	for _, q := range all {
		names := metricName.FindAllString(q, -1)
		if len(names) == 0 {
			t.Errorf("it asks for no metric: %s", q)
		}
		for _, name := range names {
			if known[name] == nil {
				t.Errorf("there is no %s: %s", name, q)
			}
		}
		for _, m := range matchers.FindAllStringSubmatch(q, -1) {
			for _, l := range labelName.FindAllStringSubmatch(m[2], -1) {
				if !slices.Contains(known[m[1]], l[1]) {
					t.Errorf("%s has no label %s: %s", m[1], l[1], q)
				}
			}
		}
		checkValues(t, q)
		for _, by := range byLabels.FindAllStringSubmatch(q, -1) {
			for l := range strings.SplitSeq(by[1], ", ") {
				if !slices.Contains(known[names[0]], l) {
					t.Errorf("%s has no label %s: %s", names[0], l, q)
				}
			}
		}
	}
	for name := range known {
		if !asked[name] {
			t.Errorf("%s is not on the dashboard", name)
		}
	}
}

// checkValues demands that labels of closed sets are compared with what is in them: an
// alert for a kind that is misspelled never comes.
func checkValues(t *testing.T, query string) {
	t.Helper()
	sets := map[string][]string{"state": {"ok", "failed", "skipped"}, "cached": {"true", "false"}}
	for k := core.Kind(0); k <= core.Internal; k++ {
		sets["kind"] = append(sets["kind"], k.String())
	}
	for a := core.ActionVerify; a.String() != core.Action(0).String(); a++ {
		sets["action"] = append(sets["action"], a.String())
	}
	for _, m := range matched.FindAllStringSubmatch(query, -1) {
		for value := range strings.SplitSeq(m[2], "|") {
			if set := sets[m[1]]; set != nil && !slices.Contains(set, value) {
				t.Errorf("%s is never %q: %s", m[1], value, query)
			}
		}
	}
}

// TestAlerts: promtool takes the rules, and sees each alert silent and firing.
func TestAlerts(t *testing.T) {
	promtool := debian(t, "promtool")
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	rules, err := os.ReadFile("alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("alerts_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range strings.Split(string(rules), "- alert: ")[1:] {
		name, _, _ := strings.Cut(rule, "\n")
		var silent, firing bool
		for _, one := range strings.Split(string(tests), "eval_time:")[1:] {
			line, rest, _ := strings.Cut(one, "alertname: "+name)
			if strings.Contains(line, "alertname:") || rest == "" {
				continue
			}
			next, _, _ := strings.Cut(rest, "input_series")
			if strings.Contains(next, "exp_alerts") {
				firing = true
			} else {
				silent = true
			}
		}
		if !silent || !firing {
			t.Errorf("%s: alerts_test.yml shows it silent %v, firing %v", name, silent, firing)
		}
	}
}

// debian is where a program is, or skips the test: JWTGATE_PROMETHEUS=required fails it.
func debian(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("JWTGATE_PROMETHEUS") == "required" {
		t.Fatalf("%s is not installed, and JWTGATE_PROMETHEUS says that it is required", name)
	}
	if err != nil {
		t.Skipf("%s is not installed (Debian: apt install prometheus); this test needs it", name)
	}
	return path
}
