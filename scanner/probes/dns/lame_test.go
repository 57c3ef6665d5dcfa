// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/guard/netlab"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/lab"
)

// lameRole tells this test, started again in the namespace of the scanner, that it
// is the one who looks.
const lameRole = "CARESCAN_LAME_LOOK"

// The zones of the world: a root that holds "test" too, and delegates chu.test to
// two servers that hold another zone only.
const (
	lameRoot = `$TTL 300
@ IN SOA ns.root.test. hostmaster.test. 1 7200 3600 1209600 300
@ IN NS ns.root.test.
ns.root.test. IN A 10.77.2.1
test. IN NS ns.root.test.
`
	lameRegistry = `$TTL 300
@ IN SOA ns.root hostmaster 1 7200 3600 1209600 300
@ IN NS ns.root
ns.root IN A 10.77.2.1
chu IN NS ns1.chu
chu IN NS ns2.chu
ns1.chu IN A 10.77.1.1
ns2.chu IN A 10.77.1.2
`
	lameServer = `server:
%s  port: 53
  username: ""
  chroot: ""
  zonesdir: "%s"
  pidfile: ""
  xfrdfile: "%[2]s/xfrd"
  zonelistfile: "%[2]s/zones"
remote-control:
  control-enable: no
`
	lameResolver = `server:
  interface: 10.77.0.2
  port: 53
  username: ""
  chroot: ""
  pidfile: ""
  directory: "%[1]s"
  use-syslog: no
  do-ip6: no
  module-config: "iterator"
  local-zone: "test." nodefault
  access-control: 10.77.0.0/16 allow
  root-hints: "%[1]s/hints"
remote-control:
  control-enable: no
`
)

// TestLameDelegation: every server that the registry names refuses the zone, so the
// resolvers know neither them nor their addresses. Those of the registry lead to
// them, and their refusal is what is judged.
func TestLameDelegation(t *testing.T) {
	if os.Getenv(lameRole) != "" {
		lookAtLame(t)
		return
	}
	t.Parallel()
	world := netlab.New(t)
	startNSD(t, world, []string{"10.77.2.1"}, map[string]string{".": lameRoot, "test": lameRegistry})
	startNSD(t, world, []string{"10.77.1.1", "10.77.1.2"}, map[string]string{"other.test": chuZone})
	folder := debian.Folder(t)
	debian.Write(t, folder, "hints", ". 300 IN NS ns.root.test.\nns.root.test. 300 IN A 10.77.2.1\n")
	conf := debian.Write(t, folder, "unbound.conf", fmt.Sprintf(lameResolver, folder))
	debian.Start(t, world.WorldCommand(t.Context(), debian.Program(t, "unbound", "unbound"), "-d", "-c", conf))

	look := world.Command(t.Context(), os.Args[0], "-test.run=^TestLameDelegation$", "-test.v")
	look.Env = append(os.Environ(), lameRole+"=1")
	out, err := look.CombinedOutput()
	if err != nil {
		t.Fatalf("look: %v\n%s", err, out)
	}
	_, said, _ := strings.Cut(string(out), "said: ")
	said, _, _ = strings.Cut(said, "\n")
	got := map[string]string{}
	if err := json.Unmarshal([]byte(said), &got); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	want := map[string]string{
		"exposure.delegation": "fail all-lame critical", "exposure.open-recursion": "pass closed", "exposure.zone-transfer": "pass refused",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s\n%s", diff, out)
	}
	if world.Counter(t, netlab.CountInScope) == 0 || world.Counter(t, netlab.CountElsewhere) != 0 {
		t.Errorf("%d packets to the servers, %d elsewhere", world.Counter(t, netlab.CountInScope), world.Counter(t, netlab.CountElsewhere))
	}
}

// startNSD runs NSD in the world.
func startNSD(t *testing.T, world *netlab.Lab, addresses []string, zones map[string]string) {
	t.Helper()
	folder := debian.Folder(t)
	var listen strings.Builder
	for _, at := range addresses {
		fmt.Fprintf(&listen, "  ip-address: %s\n", at)
	}
	config := fmt.Sprintf(lameServer, listen.String(), folder)
	for name, text := range zones {
		file := strings.Trim(name, ".") + ".zone"
		debian.Write(t, folder, file, text)
		config += fmt.Sprintf("zone:\n  name: %q\n  zonefile: %q\n", name, file)
	}
	conf := debian.Write(t, folder, "nsd.conf", config)
	debian.Start(t, world.WorldCommand(t.Context(), debian.Program(t, "nsd", "nsd"), "-d", "-c", conf))
}

// lookAtLame runs inside the lab: it looks through the real guard once the servers
// answer, and prints what the checks say.
func lookAtLame(t *testing.T) {
	t.Helper()
	root := netip.MustParseAddrPort("10.77.2.1:53")
	door := lab.World(t, netip.MustParseAddrPort(netlab.WorldAddr+":53"), root, netip.MustParsePrefix(netlab.InScope), "chu.test", "*.chu.test")
	for range time.Tick(100 * time.Millisecond) {
		registry, err := door.Parents(t.Context(), "chu.test")
		if err == nil && slices.Contains(registry, root) {
			break
		}
	}
	said, err := json.Marshal(verdicts(t, door, "chu.test", Options{}))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(os.Stdout, "said: %s\n", said)
}
