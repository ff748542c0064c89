package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"gopkg.in/yaml.v3"
)

// What is in deploy is for machines with Docker or Kubernetes. Without them these
// tests hold it to its formats, as far as it uses them, and its parts to each other
// and to what the other tests run.

type composed struct {
	Node     map[string]any `yaml:"x-node"`
	Services map[string]struct {
		Image, Restart, User string
		Build                struct{ Context, Dockerfile string }
		Command, Networks    []string
		Environment          map[string]string
		DependsOn            any      `yaml:"depends_on"`
		ReadOnly             bool     `yaml:"read_only"`
		CapDrop              []string `yaml:"cap_drop"`
		CapAdd               []string `yaml:"cap_add"`
		SecurityOpt          []string `yaml:"security_opt"`
		MemLimit             string   `yaml:"mem_limit"`
		PidsLimit            int      `yaml:"pids_limit"`
		StopGracePeriod      string   `yaml:"stop_grace_period"`
		Volumes, Ports       []string
		Tmpfs                []string
		Logging              struct {
			Driver  string
			Options map[string]string
		}
		Healthcheck struct {
			Test              []string
			Interval, Timeout string
			Retries           int
		}
	}
	Service  map[string]any `yaml:"x-service"`
	Networks map[string]struct{ Internal bool }
	Volumes  map[string]any
}

func TestCompose(t *testing.T) {
	var c composed
	decode(t, "deploy/compose.yaml", &c)
	nginx := string(read(t, "deploy/nginx.conf"))
	for name, s := range c.Services {
		for _, network := range s.Networks {
			if _, ok := c.Networks[network]; !ok {
				t.Errorf("%s: there is no network %s", name, network)
			}
		}
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) || s.Restart == "" {
			t.Errorf("%s may do more than it needs: %+v", name, s)
		}
		if s.MemLimit == "" || s.PidsLimit == 0 || s.Logging.Options["max-size"] == "" {
			t.Errorf("%s has no bound: memory %q, processes %d, log %v", name, s.MemLimit, s.PidsLimit, s.Logging.Options)
		}
		if name != "nginx" && (slices.Contains(s.Networks, "outside") || len(s.Ports) > 0 || len(s.CapAdd) > 0) {
			t.Errorf("%s: networks %q, ports %q, capabilities %q", name, s.Networks, s.Ports, s.CapAdd)
		}
		switch name {
		case "redis":
			if s.User == "" || s.User == "root" || len(s.Healthcheck.Test) == 0 {
				t.Errorf("redis runs as %q, and its health is %q", s.User, s.Healthcheck.Test)
			}
			if !slices.Equal(s.Command, append([]string{"redis-server"}, lasting...)) {
				t.Errorf("redis is started as %q, want %q", s.Command, lasting)
			}
		case "nginx":
			if !slices.Equal(s.Ports, []string{"127.0.0.1:8080:8080"}) || !slices.Contains(s.Networks, "inside") {
				t.Errorf("nginx: ports %q, networks %q", s.Ports, s.Networks)
			}
		default:
			if want := []string{"node", "-framework", name, "-addr", ":8080", "-redis", "redis:6379"}; !slices.Equal(s.Command, want) || frameworks[name] == nil {
				t.Errorf("%s is started as %q, want %q", name, s.Command, want)
			}
			if !strings.Contains(nginx, "\tserver "+name+":8080;\n") {
				t.Errorf("nginx knows no node %s", name)
			}
			if s.Environment["CLUSTER_SECRET"] == "" {
				t.Errorf("%s: environment %q", name, s.Environment)
			}
			if grace, err := time.ParseDuration(s.StopGracePeriod); err != nil || grace <= stopTimeout {
				t.Errorf("%s is killed after %s, and gives its requests %v", name, s.StopGracePeriod, stopTimeout)
			}
		}
	}
	if n := strings.Count(nginx, "\tserver "); n != len(c.Services)-2 {
		t.Errorf("nginx has %d nodes, and there are %d services", n, len(c.Services))
	}
}

// TestComposedNginx keeps what stands in deploy for nginx what the tests of the
// cluster run.
func TestComposedNginx(t *testing.T) {
	var b bytes.Buffer
	err := template.Must(template.New("").Parse(nginxConf)).Execute(&b, map[string]any{"Addr": "8080", "Nodes": []string{"gin:8080", "echo:8080", "fiber:8080"}})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	_, http, _ := strings.Cut(b.String(), "http {\n")
	for line := range strings.Lines(strings.TrimSuffix(http, "}\n")) {
		line = strings.TrimPrefix(strings.TrimRight(line, "\n"), "\t")
		if line != "" && !strings.Contains(line, "_temp_path") {
			want = append(want, line)
		}
	}
	var got []string
	for line := range strings.Lines(string(read(t, "deploy/nginx.conf"))) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "# ") {
			got = append(got, line)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("deploy/nginx.conf has\n%s\nand nginx.conf\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestKubernetes(t *testing.T) {
	type labels map[string]string
	type match struct {
		MatchLabels labels `yaml:"matchLabels"`
	}
	type object struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct {
			Name   string
			Labels labels
		}
		Spec yaml.Node
	}
	const name = "jwtgate-cluster"
	ours := labels{"app": name}
	var kinds []string
	decoder := yaml.NewDecoder(bytes.NewReader(read(t, "deploy/kubernetes.yaml")))
	decoder.KnownFields(true)
	for {
		var o object
		err := decoder.Decode(&o)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, o.APIVersion+" "+o.Kind)
		if o.Metadata.Name != name {
			t.Errorf("%s has the name %q", o.Kind, o.Metadata.Name)
		}
		var selected labels
		switch o.Kind {
		case "Deployment":
			var d struct {
				Selector match
				Template struct {
					Metadata struct{ Labels labels }
					Spec     struct {
						Token   *bool `yaml:"automountServiceAccountToken"`
						Links   *bool `yaml:"enableServiceLinks"`
						Grace   int   `yaml:"terminationGracePeriodSeconds"`
						Context struct {
							NonRoot bool                  `yaml:"runAsNonRoot"`
							Seccomp struct{ Type string } `yaml:"seccompProfile"`
						} `yaml:"securityContext"`
						Volumes []struct {
							Name   string
							Secret struct {
								Name string `yaml:"secretName"`
							}
						}
						Containers []struct {
							Args  []string
							Env   []struct{ Name, Value string }
							Ports []struct {
								Name          string
								ContainerPort int `yaml:"containerPort"`
							}
							Mounts []struct {
								Name     string
								Path     string `yaml:"mountPath"`
								ReadOnly bool   `yaml:"readOnly"`
							} `yaml:"volumeMounts"`
							Lifecycle struct {
								PreStop struct{ Sleep struct{ Seconds int } } `yaml:"preStop"`
							}
							Ready struct {
								Socket struct{ Port string } `yaml:"tcpSocket"`
							} `yaml:"readinessProbe"`
							Resources struct{ Requests, Limits map[string]string }
							Context   struct {
								Escalation   *bool `yaml:"allowPrivilegeEscalation"`
								ReadOnly     bool  `yaml:"readOnlyRootFilesystem"`
								Capabilities struct{ Drop []string }
							} `yaml:"securityContext"`
						}
					}
				}
			}
			if err := o.Spec.Decode(&d); err != nil {
				t.Fatal(err)
			}
			selected = d.Selector.MatchLabels
			pod, no := d.Template.Spec, func(b *bool) bool { return b != nil && !*b }
			node := pod.Containers[0]
			if !no(pod.Token) || !no(pod.Links) || !pod.Context.NonRoot || pod.Context.Seccomp.Type != "RuntimeDefault" ||
				!no(node.Context.Escalation) || !node.Context.ReadOnly || !slices.Equal(node.Context.Capabilities.Drop, []string{"ALL"}) {
				t.Errorf("a node may do more than it needs: %+v", pod)
			}
			if node.Resources.Limits["memory"] == "" || node.Resources.Requests["cpu"] == "" || node.Ready.Socket.Port != "http" {
				t.Errorf("resources %v, ready by %v", node.Resources, node.Ready)
			}
			if ends := time.Duration(node.Lifecycle.PreStop.Sleep.Seconds)*time.Second + stopTimeout; time.Duration(pod.Grace)*time.Second <= ends {
				t.Errorf("a node is killed after %d s, and takes %v to end", pod.Grace, ends)
			}
			if mount := node.Mounts[0]; !mount.ReadOnly || node.Env[0].Name != "CLUSTER_SECRET_FILE" || node.Env[0].Value != mount.Path+"/secret" ||
				mount.Name != pod.Volumes[0].Name || pod.Volumes[0].Secret.Name != name {
				t.Errorf("the secret is in %+v, mounted as %+v, read as %+v", pod.Volumes, node.Mounts, node.Env)
			}
			if d.Template.Metadata.Labels["app"] != name || node.Args[0] != "node" || frameworks[node.Args[2]] == nil ||
				node.Args[4] != ":8080" || node.Ports[0].Name != "http" || node.Ports[0].ContainerPort != 8080 {
				t.Errorf("Deployment: %+v", d)
			}
		case "Service":
			var s struct {
				Selector labels
				Ports    []struct {
					TargetPort string `yaml:"targetPort"`
				}
			}
			if err := o.Spec.Decode(&s); err != nil || s.Ports[0].TargetPort != "http" {
				t.Errorf("Service: %+v, %v", s, err)
			}
			selected = s.Selector
		case "PodDisruptionBudget":
			var p struct{ Selector match }
			if err := o.Spec.Decode(&p); err != nil {
				t.Fatal(err)
			}
			selected = p.Selector.MatchLabels
		case "NetworkPolicy":
			var p struct {
				PodSelector match `yaml:"podSelector"`
			}
			if err := o.Spec.Decode(&p); err != nil {
				t.Fatal(err)
			}
			selected = p.PodSelector.MatchLabels
		case "Ingress":
			if !strings.Contains(string(read(t, "deploy/kubernetes.yaml")), "name: "+name+"\n                port: {name: http}") {
				t.Error("the Ingress leads to another Service")
			}
			selected = ours
		}
		if selected["app"] != ours["app"] || len(selected) != 1 {
			t.Errorf("%s selects %q, and the nodes have %q", o.Kind, selected, ours)
		}
	}
	if want := []string{"apps/v1 Deployment", "v1 Service", "policy/v1 PodDisruptionBudget", "networking.k8s.io/v1 Ingress", "networking.k8s.io/v1 NetworkPolicy"}; !slices.Equal(kinds, want) {
		t.Errorf("got %q, want %q", kinds, want)
	}
}

// decode reads YAML strictly: a field that is not there is an error.
func decode(t *testing.T, file string, into any) {
	t.Helper()
	decoder := yaml.NewDecoder(bytes.NewReader(read(t, file)))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
