// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// daemon is a real name server: its program, its package and how it is told
// what to serve.
type daemon struct {
	program, debian string
	config          string // %[1]s is the folder, %[2]d the port, %[3]s the zones
	zone            string // %[1]s is the name of a zone
	args            []string
}

var (
	bind = daemon{
		"named", "bind9", `options {
	directory "%[1]s"; pid-file none; session-keyfile none; empty-zones-enable no;
	listen-on port %[2]d { 127.0.0.1; }; listen-on-v6 { none; };
	dnssec-validation no; notify no; recursion no; allow-transfer { none; };
};
controls { };
%[3]s`, `zone "%[1]s" { type primary; file "%[1]s.zone"; };`, []string{"-g", "-c"},
	}
	nsd = daemon{
		"nsd", "nsd", `server:
  ip-address: 127.0.0.1@%[2]d
  username: ""
  chroot: ""
  zonesdir: "%[1]s"
  pidfile: ""
  xfrdfile: "%[1]s/xfrd"
  zonelistfile: "%[1]s/zones"
remote-control:
  control-enable: no
%[3]s`, "zone:\n  name: %[1]s\n  zonefile: %[1]s.zone\n", []string{"-d", "-c"},
	}
	knot = daemon{
		"knotd", "knot", `server:
  listen: 127.0.0.1@%[2]d
  rundir: "%[1]s"
database:
  storage: "%[1]s"
log:
  - target: stderr
    any: info
zone:
%[3]s`, "  - domain: %[1]s\n    storage: \".\"\n    file: %[1]s.zone\n", []string{"-c"},
	}
)

// openUnbound resolves for anybody, through one forwarder, and answers some names
// by itself.
func openUnbound(forwarder netip.AddrPort) daemon {
	return daemon{
		"unbound", "unbound", `server:
  interface: 127.0.0.1
  port: %[2]d
  username: ""
  chroot: ""
  pidfile: ""
  directory: "%[1]s"
  use-syslog: no
  do-ip6: no
  module-config: "iterator"
  do-not-query-localhost: no
  access-control: 127.0.0.0/8 allow
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@` + fmt.Sprint(forwarder.Port()) + "\n%[3]s", "", []string{"-d", "-c"},
	}
}

// openBIND resolves for anybody, through one forwarder.
func openBIND(forwarder netip.AddrPort) daemon {
	d := bind
	open := fmt.Sprintf("recursion yes; allow-recursion { any; }; allow-query-cache { any; }; forward only; forwarders { 127.0.0.1 port %d; };", forwarder.Port())
	d.config = strings.Replace(d.config, "recursion no;", open, 1)
	return d
}

// givingBIND gives its zones to anybody.
func givingBIND() daemon {
	d := bind
	d.config = strings.Replace(d.config, "allow-transfer { none; };", "allow-transfer { any; };", 1)
	return d
}

// start runs a name server with zones until the test ends, on a port of its own.
func (d daemon) start(t *testing.T, zones map[string]string) netip.AddrPort {
	t.Helper()
	binary, err := exec.LookPath(d.program)
	if err != nil {
		t.Skipf("%s is not installed (package %s)", d.program, d.debian)
	}
	dir, at := t.TempDir(), netip.MustParseAddrPort(serveNothing(t))
	var listed strings.Builder
	for name, text := range zones {
		write(t, dir, name+".zone", text)
		fmt.Fprintf(&listed, d.zone, name)
	}
	config := strings.ReplaceAll(fmt.Sprintf(d.config, dir, at.Port(), listed.String()), `storage: "."`, `storage: "`+dir+`"`)
	write(t, dir, "config", config)
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, binary, append(d.args, filepath.Join(dir, "config"))...)
	command.Dir = dir
	var output strings.Builder
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		command.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", d.program, output.String())
		}
	})
	waitAnswer(t, at)
	return at
}

// waitAnswer waits until a server answers over both transports.
func waitAnswer(t *testing.T, at netip.AddrPort) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, transport := range []string{"udp", "tcp"} {
		client := dns.Client{Net: transport, Timeout: 200 * time.Millisecond}
		for {
			q := new(dns.Msg).SetQuestion("chu.test.", dns.TypeSOA)
			if _, _, err := client.ExchangeContext(ctx, q, at.String()); err == nil {
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("no answer over %s from %s", transport, at)
			}
		}
	}
}
