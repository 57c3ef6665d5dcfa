// SPDX-License-Identifier: Apache-2.0

package mailprobe

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

// startNamed starts BIND on a free port of its own. It says "running" when it
// is.
func startNamed(t *testing.T, zone string) netip.AddrPort {
	t.Helper()
	binary, err := exec.LookPath("named")
	if err != nil {
		t.Skip("named is not installed (package bind9)")
	}
	packets, stream := listenBoth(t)
	at := netip.MustParseAddrPort(stream.Addr().String())
	packets.Close()
	stream.Close()
	dir := t.TempDir()
	write(t, dir, "named.conf", fmt.Sprintf(namedConf, dir, at.Port()))
	write(t, dir, "test.zone", namedZone+zone)
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
