// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"carescan/scanner/fact"
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
			checkNamed(t, zone.Fact.(fact.Zone), zone.Missing)
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

// startNamed starts BIND on a free port of its own. It says "running" when it
// is.
func startNamed(t *testing.T, allow string) netip.AddrPort {
	t.Helper()
	binary, err := exec.LookPath("named")
	if err != nil {
		t.Skip("named is not installed (package bind9)")
	}
	dir, at := t.TempDir(), netip.MustParseAddrPort(serveNothing(t))
	write(t, dir, "named.conf", fmt.Sprintf(namedConf, dir, at.Port(), allow))
	write(t, dir, "chu.test.zone", namedZone)
	write(t, dir, "test.zone", strings.ReplaceAll(namedZone, "ns1 IN A", "chu IN NS ns1.chu\nns1.chu IN A 127.0.0.1\nns1 IN A"))
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, binary, "-g", "-c", filepath.Join(dir, "named.conf"))
	output, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); command.Wait() })
	waitFor(t, bufio.NewScanner(output), " running")
	return at
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// waitFor reads until a line has a word, and lets the rest flow away.
func waitFor(t *testing.T, lines *bufio.Scanner, word string) {
	t.Helper()
	var seen []string
	for lines.Scan() {
		seen = append(seen, lines.Text())
		if strings.HasSuffix(lines.Text(), word) {
			go func() {
				for lines.Scan() {
				}
			}()
			return
		}
	}
	t.Fatalf("named did not start:\n%s", strings.Join(seen, "\n"))
}
