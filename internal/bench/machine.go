package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Machine is on what, and when, the figures were measured.
type Machine struct {
	CPU     string `json:"cpu"`
	Cores   int    `json:"cores"`
	OS      string `json:"os"`
	Go      string `json:"go"`
	Date    string `json:"date"`
	Quick   bool   `json:"quick,omitempty"` // too short to be quoted
	Rounds  int    `json:"rounds"`
	Seconds int    `json:"seconds"` // that the run took
}

func thisMachine(date time.Time) Machine {
	return Machine{
		CPU:   cpuModel(),
		Cores: runtime.NumCPU(),
		OS:    runtime.GOOS + "/" + runtime.GOARCH,
		Go:    runtime.Version(),
		Date:  date.UTC().Format(time.DateOnly),
	}
}

// cpuModel is what Linux says; elsewhere nothing is known.
func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(info)) {
			name, value, _ := strings.Cut(line, ":")
			if strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return "unknown CPU"
}

// versions are those of the modules in this program, as the linker knows them.
func versions() map[string]string {
	all := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			all[m.Path] = m.Version
		}
	}
	return all
}

// moduleVersions are the contestants' versions by name.
func moduleVersions() map[string]string {
	built := versions()
	all := map[string]string{}
	for _, l := range libraries {
		if v := built[l.Module]; v != "" && !strings.HasPrefix(l.Name, oursName) {
			all[l.Name] = v
		}
	}
	for _, c := range contestants() {
		if v := built[c.Module]; v != "" && !c.ours() {
			all[c.Name] = v
		}
	}
	return all
}
