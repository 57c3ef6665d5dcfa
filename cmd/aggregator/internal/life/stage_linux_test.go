// SPDX-License-Identifier: Apache-2.0

package life

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// apart tells this test binary, started again, that it is in a namespace of its own.
const apart = "CARESCAN_LIFE_APART"

var programs struct{ agent, aggregator string }

// inNamespace builds the programs and starts the test again in a network of its own, where
// nothing but loopback is reached; it tells whether this is that network.
func inNamespace(t *testing.T) bool {
	t.Helper()
	if os.Getenv(apart) == "" {
		if out, err := exec.CommandContext(t.Context(), "unshare", "--net", "true").CombinedOutput(); err != nil {
			t.Skipf("this machine does not let a test make network namespaces: %v: %s", err, out)
		}
		folder := t.TempDir()
		build := exec.CommandContext(t.Context(), "go", "build", "-o", folder, "carescan/cmd/agent", "carescan/cmd/aggregator")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build the programs: %v\n%s", err, out)
		}
		again := exec.CommandContext(t.Context(), "unshare", "--net", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		again.Env = append(os.Environ(), apart+"="+folder)
		if out, err := again.CombinedOutput(); err != nil {
			t.Fatalf("in the namespace: %v\n%s", err, out)
		}
		return false
	}
	if out, err := exec.CommandContext(t.Context(), "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("raise loopback: %v: %s", err, out)
	}
	programs.agent, programs.aggregator = filepath.Join(os.Getenv(apart), "agent"), filepath.Join(os.Getenv(apart), "aggregator")
	return true
}

// process is a program that runs.
type process struct{ *exec.Cmd }

func start(t *testing.T, program string, args ...string) process {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	p := process{exec.Command(program, args...)}
	p.Stdout, p.Stderr = log, log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait() // may have ended already
		if raw, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("%s %s:\n%s", filepath.Base(program), args[0], raw[max(0, len(raw)-4000):])
		}
		_ = log.Close()
	})
	return p
}

// run runs a program to its end, checks its exit code and returns all it said.
func run(t *testing.T, want int, program string, args ...string) (said string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	command.Env = append(os.Environ(), "LC_ALL=fr_FR.UTF-8")
	out, err := command.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := command.ProcessState.ExitCode(); got != want {
		t.Fatalf("%s %v: exit code %d, want %d\n%s", filepath.Base(program), args, got, want, out)
	}
	return string(out)
}

// eventually waits, a minute at most, until nothing is missing.
func eventually(t *testing.T, missing func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		lacks := missing()
		if lacks == "" {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(lacks)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// region is an aggregator that serves.
type region struct{ data, agents, pages string }

func newRegion(t *testing.T) *region {
	t.Helper()
	r := &region{filepath.Join(t.TempDir(), "aggregator"), freeAddress(t), freeAddress(t)}
	r.command(t, 0, "init")
	file := filepath.Join(t.TempDir(), "addresses.json")
	start(t, programs.aggregator, r.args("serve", "--addr-file", file)...)
	eventually(t, func() string {
		if raw, err := os.ReadFile(file); err != nil || !json.Valid(raw) {
			return "the aggregator does not serve"
		}
		return ""
	})
	return r
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (r *region) args(args ...string) []string {
	return append(args, "--data", r.data, "--agent-listen", r.agents, "--web-listen", r.pages, "--agent-url", "https://"+r.agents, "--web-url", "https://"+r.pages)
}

func (r *region) command(t *testing.T, want int, args ...string) string {
	t.Helper()
	return run(t, want, programs.aggregator, r.args(args...)...)
}

// visitor is the browser of an administrator.
type visitor struct {
	client *http.Client
	base   string
}

var secretOnPage = regexp.MustCompile(`<code class="secret">([A-Z2-7]+)</code>`)

// signIn invites an administrator, who follows the link and chooses their secrets.
func (r *region) signIn(t *testing.T) *visitor {
	t.Helper()
	authority, err := os.ReadFile(filepath.Join(r.data, "keys", "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{&http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}}}, "https://" + r.pages}
	said := r.command(t, 0, "user", "add", "--name", "Camille", "--email", "camille@region.test", "--admin")
	link := regexp.MustCompile(`/welcome/[A-Za-z0-9_-]+`).FindString(said)
	secret := secretOnPage.FindStringSubmatch(v.get(t, link))
	if secret == nil {
		t.Fatalf("no second factor is shown at %s", link)
	}
	code, err := totp.GenerateCode(secret[1], time.Now())
	if err != nil {
		t.Fatal(err)
	}
	const password = "une phrase de passe correcte"
	v.send(t, http.MethodPost, link, url.Values{"password": {password}, "again": {password}, "code": {code}})
	return v
}

func (v *visitor) get(t *testing.T, path string) string {
	t.Helper()
	return v.send(t, http.MethodGet, path, nil)
}

func (v *visitor) post(t *testing.T, path string) { v.send(t, http.MethodPost, path, nil) }

func (v *visitor) send(t *testing.T, method, path string, form url.Values) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Language", "fr")
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return read(t, v.client, request)
}

func read(t *testing.T, client *http.Client, request *http.Request) string {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: status %d, %v\n%s", request.Method, request.URL, response.StatusCode, err, body)
	}
	return string(body)
}

// awaits loads a page until it shows some words.
func (v *visitor) awaits(t *testing.T, path string, words ...string) {
	t.Helper()
	eventually(t, func() string { return missing(v.get(t, path), words) })
}

// missing tells which words a page does not show, whatever its spaces and apostrophes.
func missing(page string, words []string) string {
	plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'")
	shown := plain.Replace(html.UnescapeString(page))
	for _, word := range words {
		if !strings.Contains(shown, plain.Replace(word)) {
			return fmt.Sprintf("the page does not show %q:\n%s", word, page)
		}
	}
	return ""
}

// machine is one machine of an establishment, whose agent contacts nobody but its
// aggregator.
type machine struct{ folder, status string }

func newMachine(t *testing.T, name string) machine {
	t.Helper()
	m := machine{filepath.Join(t.TempDir(), name), freeAddress(t)}
	if err := os.MkdirAll(m.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string]string{
		"agent.yaml": fmt.Sprintf(`
establishment: {finess: %q, name: CHU de la Montagne}
scope: {names: [chu.test], authorisation: {by: RSSI, until: 2099-01-01}}
network: {resolvers: ["127.0.0.1:9"]}
attestations: attestations.yaml
status_address: %s
schedule: {every: 24h}
`, finess, m.status),
		"attestations.yaml": "attestations: []\n",
	} {
		if err := os.WriteFile(filepath.Join(m.folder, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m machine) state() string { return filepath.Join(m.folder, "state") }

func (m machine) run(t *testing.T, want int, args ...string) string {
	t.Helper()
	return run(t, want, programs.agent, append(args, "--config", filepath.Join(m.folder, "agent.yaml"), "--lang", "fr")...)
}

func (m machine) daemon(t *testing.T) process {
	t.Helper()
	return start(t, programs.agent, "run", "--config", filepath.Join(m.folder, "agent.yaml"))
}

// copied is the machine as a careless restore of its image makes it.
func (m machine) copied(t *testing.T, name string) machine {
	t.Helper()
	clone := newMachine(t, name)
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", m.state(), clone.state()).CombinedOutput(); err != nil {
		t.Fatalf("copy the machine: %v: %s", err, out)
	}
	return clone
}

// statusAwaits loads the status page of the agent until it shows some words.
func (m machine) statusAwaits(t *testing.T, words ...string) {
	t.Helper()
	eventually(t, func() string {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+m.status+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		return missing(read(t, http.DefaultClient, request), words)
	})
}
