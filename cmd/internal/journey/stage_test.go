// SPDX-License-Identifier: Apache-2.0

package journey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// finess is the establishment of the synthetic hospital.
const finess = "990000028"

// rolePlayed tells this test binary, started again, to play a part.
const rolePlayed = "CARESCAN_JOURNEY_ROLE"

var programs struct{ agent, templates, lab, aggregator string }

func TestMain(m *testing.M) {
	if os.Getenv(rolePlayed) == "world" {
		playWorld()
		return
	}
	os.Exit(runWithPrograms(m))
}

// runWithPrograms builds the programs once, as the product is built.
func runWithPrograms(m *testing.M) int {
	folder, err := os.MkdirTemp("", "carescan-journey-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	build := exec.Command("../../../scripts/build.sh", folder, "journey")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the programs: %v\n%s", err, out)
		return 1
	}
	for name, place := range map[string]*string{
		"agent": &programs.agent, "templates": &programs.templates, "lab": &programs.lab, "aggregator": &programs.aggregator,
	} {
		*place = filepath.Join(folder, "carescan-"+name)
	}
	return m.Run()
}

// start runs a program until the test ends, its output in a file.
func start(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, args...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			if raw, err := os.ReadFile(log.Name()); err == nil {
				t.Logf("%s %s:\n%s", filepath.Base(program), args[0], tail(raw))
			}
		}
		_ = log.Close()
	})
	return command
}

func tail(raw []byte) string {
	if len(raw) > 4000 {
		raw = raw[len(raw)-4000:]
	}
	return string(raw)
}

// run runs a program to its end and checks its exit code.
func run(t *testing.T, want int, program string, args ...string) (stdout string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	var out, errs strings.Builder
	command.Stdout, command.Stderr = &out, &errs
	err := command.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := command.ProcessState.ExitCode(); got != want {
		t.Fatalf("%s %s: exit code %d, want %d\n%s\n%s", filepath.Base(program), args[0], got, want, tail([]byte(out.String())), tail([]byte(errs.String())))
	}
	return out.String()
}

// await waits for a file to be written.
func await(t *testing.T, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
		pause(ctx, 20*time.Millisecond)
	}
	t.Fatalf("%s did not come", path)
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// hospital plays the lab and returns the configuration of its agent.
func hospital(t *testing.T) (config string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "lab")
	start(t, programs.lab, "--folder", folder)
	config = filepath.Join(folder, "agent.yaml")
	await(t, config)
	return config
}

// region is an aggregator with a fixed address, which can be started again.
type region struct {
	data, agentListen, webListen string
	process                      *exec.Cmd
}

func newRegion(t *testing.T) *region {
	t.Helper()
	r := &region{data: filepath.Join(t.TempDir(), "aggregator"), agentListen: freeAddress(t), webListen: freeAddress(t)}
	r.command(t, "init")
	return r
}

// freeAddress finds a loopback port that is free now.
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
	return append([]string{"--data", r.data, "--agent-listen", r.agentListen, "--web-listen", r.webListen, "--agent-url", "https://" + r.agentListen, "--web-url", "https://" + r.webListen}, args...)
}

// serve starts the aggregator and waits until it listens.
func (r *region) serve(t *testing.T) {
	t.Helper()
	addresses := filepath.Join(t.TempDir(), "addresses.json")
	r.process = start(t, programs.aggregator, r.args("serve", "--addr-file", addresses)...)
	await(t, addresses)
	raw, err := os.ReadFile(addresses)
	if err != nil || !json.Valid(raw) {
		t.Fatalf("addresses: %s, %v", raw, err)
	}
}

func (r *region) command(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, 0, programs.aggregator, r.args(args...)...)
}

// welcome adds an establishment and enrols the agent of a configuration for it.
func (r *region) welcome(t *testing.T, number, name, config string) {
	t.Helper()
	r.command(t, "establishment", "add", "--finess", number, "--name", name)
	r.enrol(t, number, config)
}

var tokenWord = regexp.MustCompile(`cst1\.[A-Za-z0-9_-]+`)

func (r *region) enrol(t *testing.T, number, config string) (token string) {
	t.Helper()
	token = tokenWord.FindString(r.command(t, "enrol-token", "create", "--establishment", number))
	run(t, 0, programs.agent, "enrol", "--config", config, "--token", token)
	return token
}

// papers is the configuration of an agent that contacts nobody: its runs last
// as long as reading a file.
func papers(t *testing.T, number string) (config string) {
	t.Helper()
	folder := t.TempDir()
	config = filepath.Join(folder, "agent.yaml")
	write(t, config, fmt.Sprintf(`
establishment: {finess: %q, name: Essai}
scope: {names: [chu.test], authorisation: {by: RSSI, until: 2099-01-01}}
network: {resolvers: ["127.0.0.1:9"]}
attestations: attestations.yaml
status_address: 127.0.0.1:0
`, number))
	write(t, filepath.Join(folder, "attestations.yaml"), "attestations: []\n")
	return config
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
