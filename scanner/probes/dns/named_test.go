// SPDX-License-Identifier: Apache-2.0

package dnsprobe

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
	recursion no; dnssec-validation no; notify no; allow-transfer { none; };
};
controls { };
zone "chu.test" { type primary; file "chu.test.zone"; allow-transfer { %[3]s; }; };
zone "test" { type primary; file "test.zone"; };
`

const namedZone = `$TTL 300
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 300
@ IN NS ns1
@ IN TXT "v=spf1 -all"
ns1 IN A 127.0.0.1
`

// TestObserveNamed looks at a real BIND, with transfers closed and open.
func TestObserveNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		allow string
		want  fact.TransferTry
	}{
		"closed": {"none", fact.TransferTry{Result: fact.TransferRefused}},
		"open":   {"any", fact.TransferTry{Result: fact.TransferDelivered, Records: 4}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := startNamed(t, tt.allow)
			net := &loopback.Network{Recursives: []netip.AddrPort{at}, Routes: map[string]string{"ns1.chu.test:53": at.String()}}
			zone, transfer := observe(t, net, 0, "chu.test")
			checkNamed(t, zone.Fact.(fact.Zone), missingOf(zone))
			got := transfer.Fact.(fact.Transfer).Tries[0]
			if got.Result != tt.want.Result || got.Records != tt.want.Records {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func checkNamed(t *testing.T, z fact.Zone, missing string) {
	t.Helper()
	if z.TXT.Answer != fact.Present || z.TXT.Values[0] != "v=spf1 -all" {
		t.Errorf("TXT %+v", z.TXT)
	}
	if z.MX.Answer != fact.NoData || z.DNSKEY.Answer != fact.NoData || z.DMARC[0].Answer != fact.NXDomain {
		t.Errorf("MX %s, DNSKEY %s, DMARC %s", z.MX.Answer, z.DNSKEY.Answer, z.DMARC[0].Answer)
	}
	if missing != "" {
		t.Errorf("missing %s", missing)
	}
}

// startNamed starts BIND on a free port of its own.
func startNamed(t *testing.T, allow string) netip.AddrPort {
	t.Helper()
	program := debian.Program(t, "/usr/sbin/named", "bind9")
	folder, at := debian.Folder(t), loopback.Free(t)
	conf := debian.Write(t, folder, "named.conf", fmt.Sprintf(namedConf, folder, at.Port(), allow))
	debian.Write(t, folder, "chu.test.zone", namedZone)
	debian.Write(t, folder, "test.zone", strings.ReplaceAll(namedZone, "ns1 IN A", "chu IN NS ns1.chu\nns1.chu IN A 127.0.0.1\nns1 IN A"))
	debian.NameServer(t, exec.Command(program, "-g", "-c", conf), at, "chu.test", "test")
	return at
}
