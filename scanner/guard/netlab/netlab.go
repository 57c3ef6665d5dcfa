// SPDX-License-Identifier: Apache-2.0

// Package netlab makes a small network of its own for tests that must prove
// which packets leave: a scanner and the world it could reach, in two network
// namespaces joined by one cable, with counters at the scanner's end.
//
//	scanner 10.77.0.1 ──▶ world 10.77.0.2    link: name servers, aggregators…
//	                            10.77.1.0/24 in scope, every address answers
//	                            10.77.1.0/28 of them serves pages only
//	                            10.77.1.96/28 excluded from it, by whoever tests so
//	                            10.77.2.0/24 out of scope, every address answers
//
// Everything else the scanner could send, IPv6 included, is counted as
// Elsewhere. It works on Linux, as root, with iproute2 and nftables.
package netlab

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// The addresses of the lab.
const (
	ScannerAddr = "10.77.0.1"
	WorldAddr   = "10.77.0.2"
	InScope     = "10.77.1.0/24"
	Excluded    = "10.77.1.96/28"
	OutOfScope  = "10.77.2.0/24"
)

// The counters of the packets that the scanner sent.
const (
	CountLink       = "link"         // to 10.77.0.0/24
	CountInScope    = "in_scope"     // to InScope, Excluded apart
	CountExcluded   = "excluded"     // to Excluded
	CountDevices    = "device_ports" // to the ports of devices where pages only are served
	CountOutOfScope = "out_of_scope" // to OutOfScope
	CountElsewhere  = "elsewhere"    // to any other address, loopback apart
)

// Lab is a network that lives as long as one test.
type Lab struct{ scanner, world string }

// New makes a lab, and removes it when the test ends or is interrupted. Where that
// cannot be done the test is skipped, and says why.
func New(t testing.TB) *Lab {
	t.Helper()
	skipWithout(t)
	stem := fmt.Sprintf("carescan-%d-%s", os.Getpid(), strings.ToLower(rand.Text()[:8]))
	l := &Lab{stem + "-scanner", stem + "-world"}
	t.Cleanup(func() { l.remove(t) })
	l.endOnInterrupt(t)
	if out, err := exec.Command("ip", "netns", "add", l.scanner).CombinedOutput(); err != nil {
		t.Skipf("this machine does not let a test make network namespaces: %v: %s", err, out)
	}
	for _, line := range l.cables() {
		run(t, "ip", strings.Fields(line)...)
	}
	if out, err := l.Command(t.Context(), "nft", "add", "table", "inet", "lab").CombinedOutput(); err != nil {
		t.Skipf("this machine does not let a test install nftables counters: %v: %s", err, out)
	}
	counters := l.Command(t.Context(), "nft", "-f", "-")
	counters.Stdin = strings.NewReader(ruleset)
	if out, err := counters.CombinedOutput(); err != nil { // a fault of the rules is one of the test
		t.Fatalf("install the counters of packets: %v: %s", err, out)
	}
	return l
}

// Command prepares a program that runs in the scanner's namespace.
func (l *Lab) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	return inside(ctx, l.scanner, name, args)
}

// WorldCommand prepares a program that runs in the world's namespace.
func (l *Lab) WorldCommand(ctx context.Context, name string, args ...string) *exec.Cmd {
	return inside(ctx, l.world, name, args)
}

// Counter reads how many packets the scanner has sent of one kind.
func (l *Lab) Counter(t testing.TB, name string) int {
	t.Helper()
	out, err := l.Command(t.Context(), "nft", "-j", "list", "counter", "inet", "lab", name).Output()
	if err != nil {
		t.Fatalf("read packet counter %s: %v", name, err)
	}
	var listing struct {
		Nftables []struct {
			Counter *struct{ Packets int }
		}
	}
	if err := json.Unmarshal(out, &listing); err != nil {
		t.Fatalf("read packet counter %s: %v", name, err)
	}
	for _, entry := range listing.Nftables {
		if entry.Counter != nil {
			return entry.Counter.Packets
		}
	}
	t.Fatalf("packet counter %s is missing from %s", name, out)
	return 0
}

// Watch adds a counter of the packets that match, such as "ip daddr 10.77.2.53",
// before any other rule; Counter reads it.
func (l *Lab) Watch(t testing.TB, name, match string) {
	t.Helper()
	for _, args := range [][]string{
		{"add", "counter", "inet", "lab", name},
		append(append([]string{"insert", "rule", "inet", "lab", "sent"}, strings.Fields(match)...), "counter", "name", name),
	} {
		if out, err := l.Command(t.Context(), "nft", args...).CombinedOutput(); err != nil {
			t.Fatalf("watch %s: %v: %s", match, err, out)
		}
	}
}

// inside prepares a program in a namespace. "ip netns exec" becomes the
// program, so that killing the one kills the other.
func inside(ctx context.Context, namespace, name string, args []string) *exec.Cmd {
	return exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", namespace, name}, args...)...)
}

func (l *Lab) cables() []string {
	return []string{
		"netns add " + l.world,
		"link add name cable netns " + l.scanner + " type veth peer name cable netns " + l.world,
		"-n " + l.scanner + " address add " + ScannerAddr + "/24 dev cable",
		"-n " + l.world + " address add " + WorldAddr + "/24 dev cable",
		"-n " + l.scanner + " link set lo up",
		"-n " + l.world + " link set lo up",
		"-n " + l.scanner + " link set cable up",
		"-n " + l.world + " link set cable up",
		"-n " + l.scanner + " route add default via " + WorldAddr,
		"-n " + l.world + " route add local " + InScope + " dev lo",
		"-n " + l.world + " route add local " + OutOfScope + " dev lo",
	}
}

// ruleset counts at the output of the scanner. Neighbour discovery of IPv6 is
// the kernel's own talk and is left aside.
const ruleset = `
table inet lab {
	counter link {}
	counter in_scope {}
	counter excluded {}
	counter device_ports {}
	counter out_of_scope {}
	counter elsewhere {}
	chain sent {
		type filter hook output priority 0; policy accept;
		oifname "lo" accept
		meta l4proto ipv6-icmp accept
		ip daddr 10.77.0.0/24 counter name link accept
		ip daddr 10.77.1.0/28 meta l4proto { tcp, udp } th dport { 102, 104, 502, 515, 631, 2575, 2762, 9100, 11112, 20000, 44818, 47808 } counter name device_ports accept
		ip daddr 10.77.1.96/28 counter name excluded accept
		ip daddr 10.77.1.0/24 counter name in_scope accept
		ip daddr 10.77.2.0/24 counter name out_of_scope accept
		counter name elsewhere
	}
}
`

func skipWithout(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("network namespaces need Linux and root")
	}
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the packet lab needs the program %s (Debian packages iproute2 and nftables)", tool)
		}
	}
}

func run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// remove takes down what New made, which may be a part when New failed.
func (l *Lab) remove(t testing.TB) {
	for _, namespace := range []string{l.scanner, l.world} {
		if _, err := os.Stat("/run/netns/" + namespace); err != nil {
			continue
		}
		if out, err := exec.Command("ip", "netns", "delete", namespace).CombinedOutput(); err != nil {
			t.Errorf("remove namespace %s: %v: %s", namespace, err, out)
		}
	}
}
