// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"carescan/scanner/probes/nuclei"
)

// tryWaysOut is a program that locks itself when asked, tries every way out it
// knows, and says for each whether the system refused.
func tryWaysOut() int {
	if os.Args[2] == "locked" {
		if err := lockKernel(1 << 30); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(map[string]bool{
		"tcp":     refused(dial("tcp", "192.0.2.1:80")),
		"udp":     refused(dial("udp", "192.0.2.1:53")),
		"tcp6":    refused(dial("tcp", "[2001:db8::1]:80")),
		"netlink": refused(open(unix.AF_NETLINK, unix.SOCK_RAW)),
		"packet":  refused(open(unix.AF_PACKET, unix.SOCK_RAW)),
		"program": refused(exec.Command("/bin/true").Run()),
		"local":   refused(open(unix.AF_UNIX, unix.SOCK_STREAM)),
	})
	return 0
}

func refused(err error) bool { return errors.Is(err, unix.EACCES) }

// dial tries to send something.
func dial(network, address string) error {
	conn, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte("hello"))
	return err
}

func open(family, kind int) error {
	fd, err := unix.Socket(family, kind, 0)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func TestKernelRefusesEveryWayOut(t *testing.T) {
	output, err := exec.Command(self(t), "try-ways-out", "locked").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]bool
	if err := json.Unmarshal(output, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"tcp": true, "udp": true, "tcp6": true, "netlink": true, "packet": true, "program": true, "local": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused ways out (-want +got):\n%s", diff)
	}
}

// watchedNamespace is a network of its own, where every address has a route
// and every packet sent is counted. The kernel's own neighbour discovery is
// left out of the count.
func watchedNamespace(t *testing.T) (name string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may make a network namespace")
	}
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs ", tool)
		}
	}
	name = fmt.Sprintf("carescan-%d", os.Getpid())
	command(t, "ip", "netns", "add", name)
	t.Cleanup(func() { command(t, "ip", "netns", "del", name) })
	inside := func(args ...string) { command(t, "ip", append([]string{"netns", "exec", name}, args...)...) }
	inside("ip", "link", "set", "lo", "up")
	inside("ip", "route", "add", "default", "dev", "lo")
	inside("ip", "-6", "route", "add", "default", "dev", "lo")
	inside("nft", "add table inet watch; add chain inet watch sent { type filter hook output priority 0; };"+
		"add rule inet watch sent meta l4proto ipv6-icmp accept; add rule inet watch sent counter")
	return name
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	output, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, output)
	}
	return string(output)
}

var countedPackets = regexp.MustCompile(`counter packets (\d+)`)

func sentPackets(t *testing.T, namespace string) string {
	t.Helper()
	listing := command(t, "ip", "netns", "exec", namespace, "nft", "list", "chain", "inet", "watch", "sent")
	found := countedPackets.FindStringSubmatch(listing)
	if found == nil {
		t.Fatalf("no counter in %s", listing)
	}
	return found[1]
}

// The worker lives in a network where anything it sends is counted; its door is
// a file, and needs no network.
func TestWorkerSendsNoPacket(t *testing.T) {
	namespace := watchedNamespace(t)
	s := serve(t, ok("/metadata", `{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1"}`))
	ip, err := exec.LookPath("ip")
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{nuclei.Work, "unlocked-worker"} {
		t.Run(role, func(t *testing.T) {
			inside := filepath.Join(t.TempDir(), "inside")
			script := fmt.Sprintf("#!/bin/sh\nexec %s netns exec %s %s %s\n", ip, namespace, self(t), role)
			if err := os.WriteFile(inside, []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			p := newProbe(t, nuclei.Options{Program: nuclei.Program{Path: inside}})
			seen, _ := observe(t, p, s, siteTarget)
			if diff := cmp.Diff([]string{"fhir-server"}, matches(seen)); diff != "" {
				t.Errorf("matches (-want +got):\n%s", diff)
			}
			observe(t, p, serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })), siteTarget)
			if sent := sentPackets(t, namespace); sent != "0" {
				t.Errorf("%s packets were sent", sent)
			}
		})
	}
	command(t, "ip", "netns", "exec", namespace, self(t), "try-ways-out", "free")
	if sentPackets(t, namespace) == "0" {
		t.Error("the counter sees nothing even when packets are sent")
	}
}
