package pyjwt

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "record what Python answers; needs JWTGATE_PYTHON")

// job is what pyjwt.py is asked for, answer what it says.
type job struct {
	Do       string         `json:"do"`
	Alg      string         `json:"alg"`
	Key      string         `json:"key,omitempty"`
	Header   map[string]any `json:"header,omitempty"`
	Claims   map[string]any `json:"claims,omitempty"`
	Token    string         `json:"token,omitempty"`
	Audience string         `json:"audience,omitempty"`
	Require  []string       `json:"require,omitempty"` // nil: exp, iat and nbf, as Flask-JWT did
	Now      int64          `json:"now,omitempty"`
}

type answer struct {
	Token  string          `json:"token,omitempty"`
	Claims json.RawMessage `json:"claims,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// python is the Python to ask, "" for the recorded answers.
var python = os.Getenv("JWTGATE_PYTHON")

const recordedFile = "testdata/recorded.json"

// asked are the answers that there are, by the job's JSON.
var asked = map[string]answer{}

func TestMain(m *testing.M) {
	flag.Parse()
	if *update && python == "" {
		panic("-update needs JWTGATE_PYTHON, the name of a Python with PyJWT")
	}
	if raw, err := os.ReadFile(recordedFile); err == nil && python == "" {
		if err := json.Unmarshal(raw, &asked); err != nil {
			panic(recordedFile + ": " + err.Error())
		}
	}
	status := m.Run()
	if *update && status == 0 {
		raw, err := json.MarshalIndent(asked, "", "\t")
		if err == nil {
			err = os.WriteFile(recordedFile, append(raw, '\n'), 0o644)
		}
		if err != nil {
			panic(err)
		}
	}
	os.Exit(status)
}

// ask returns PyJWT's answers to the jobs, from Python or from the record.
func ask(t *testing.T, jobs ...job) []answer {
	t.Helper()
	names := make([]string, len(jobs))
	for i, j := range jobs {
		// The record need not repeat the keys, which are in core/testdata/keys.
		if block, _ := pem.Decode([]byte(j.Key)); block != nil {
			j.Key = block.Type
		}
		names[i] = marshal(t, j)
	}
	if python != "" {
		for i, a := range run(t, jobs) {
			asked[names[i]] = a
		}
	}
	answers := make([]answer, len(jobs))
	for i, name := range names {
		a, ok := asked[name]
		if !ok {
			t.Fatalf("nothing is recorded for %s; run this test with JWTGATE_PYTHON=python3 and -update", name)
		}
		answers[i] = a
	}
	return answers
}

// run asks Python itself. One process serves all tests.
func run(t *testing.T, jobs []job) (answers []answer) {
	t.Helper()
	process, err := started()
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		if err := process.in.Encode(j); err != nil {
			t.Fatalf("%s: %v", python, err)
		}
		var a answer
		if err := process.out.Decode(&a); err != nil {
			t.Fatalf("%s, asked for %s: %v", python, marshal(t, j), err)
		}
		answers = append(answers, a)
	}
	return answers
}

type process struct {
	in  *json.Encoder
	out *json.Decoder
}

var started = sync.OnceValues(func() (p process, err error) {
	cmd := exec.Command(python, filepath.Join("testdata", "pyjwt.py"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe() // it ends with this process, and Python with it
	if err != nil {
		return p, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return p, err
	}
	return process{json.NewEncoder(in), json.NewDecoder(out)}, cmd.Start()
})

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sameClaims compares two JSON objects, digit by digit.
func sameClaims(t *testing.T, got, want string) {
	t.Helper()
	decode := func(text string) (m map[string]any) {
		d := json.NewDecoder(bytes.NewReader([]byte(text)))
		d.UseNumber()
		if err := d.Decode(&m); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return m
	}
	if g, w := decode(got), decode(want); !reflect.DeepEqual(g, w) {
		t.Errorf("got claims %s, want %s (names %v, %v)", got, want, slices.Sorted(maps.Keys(g)), slices.Sorted(maps.Keys(w)))
	}
}
