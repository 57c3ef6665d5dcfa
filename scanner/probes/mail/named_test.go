// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
)

const namedConf = `
options {
	directory %[1]q; pid-file none; session-keyfile none;
	listen-on port %[2]d { 127.0.0.1; }; listen-on-v6 { none; };
	recursion no; dnssec-validation no; notify no; check-names primary ignore; max-records-per-type 0;
};
controls { };
zone "test" { type primary; file "test.zone"; check-mx ignore; check-mx-cname ignore; check-integrity no; check-spf ignore; };
`

const namedZone = `$TTL 300
$ORIGIN test.
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 300
@ IN NS ns1
ns1 IN A 127.0.0.1
`

// TestObserveNamed looks at a real BIND: positive, negative, alias, refused and
// large answers.
func TestObserveNamed(t *testing.T) {
	t.Parallel()
	var large strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&large, "large TXT \"n%d\"\n", i)
	}
	large.WriteString("large TXT \"v=spf1 redirect=_spf.envoi.test\"\nlarge MX 10 mx1.chu\n")
	large.WriteString("alias CNAME chu\nrefuse TXT \"v=spf1 include:ailleurs.example -all\"\nrefuse MX 10 mx1.chu\n")
	net := network(startNamed(t, healthy+large.String()))
	for name, want := range map[string]struct {
		result   fact.SPFResult
		exists   fact.Answer
		end      string
		encrypts bool
	}{
		"chu.test":    {fact.SPFUsable, fact.Present, "-", true},
		"large.test":  {fact.SPFUsable, fact.Present, "-", false},
		"refuse.test": {fact.SPFTempError, fact.Present, "-", false},
		"absent.test": {fact.SPFNone, fact.NXDomain, "", false},
		"ns1.test":    {fact.SPFNone, fact.NoData, "", false},
	} {
		got := observe(t, net, Options{}, name)
		if got.SPF.Result != want.result || got.Answer != want.exists || got.SPF.End != want.end || got.MTASTS.Record.Valid != want.encrypts {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// startNamed starts BIND on a free port of its own.
func startNamed(t *testing.T, zone string) netip.AddrPort {
	t.Helper()
	program := debian.Program(t, "/usr/sbin/named", "bind9")
	folder, at := debian.Folder(t), loopback.Free(t)
	conf := debian.Write(t, folder, "named.conf", fmt.Sprintf(namedConf, folder, at.Port()))
	debian.Write(t, folder, "test.zone", namedZone+zone)
	debian.NameServer(t, exec.Command(program, "-g", "-c", conf), at, "test")
	return at
}
