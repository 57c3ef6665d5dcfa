// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"fmt"
	"maps"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
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
	program := debian.Program(t, d.program, d.debian)
	folder, at := debian.Folder(t), loopback.Free(t)
	var listed strings.Builder
	for name, text := range zones {
		debian.Write(t, folder, name+".zone", text)
		fmt.Fprintf(&listed, d.zone, name)
	}
	config := strings.ReplaceAll(fmt.Sprintf(d.config, folder, at.Port(), listed.String()), `storage: "."`, `storage: "`+folder+`"`)
	command := exec.Command(program, append(d.args, debian.Write(t, folder, "config", config))...)
	command.Dir = folder
	debian.NameServer(t, command, at, slices.Collect(maps.Keys(zones))...)
	return at
}
