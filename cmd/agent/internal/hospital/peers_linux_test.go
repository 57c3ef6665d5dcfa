// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"net/netip"
	"os/exec"
	"testing"

	"carescan/scanner/guard/netlab"
)

// peer is a program of Debian that looks at a part of what we look at.
type peer struct{ program, packaged string }

// BenchmarkPeers counts, by the same sniffer, what others send to the port of one site
// and about one domain, for those that are installed.
func BenchmarkPeers(b *testing.B) {
	w := newWorld(b)
	site := machines[0]
	for _, port := range []struct {
		peer
		args []string
	}{
		{peer{"sslscan", "sslscan"}, []string{"--no-colour", "--sni-name=" + site.name(), site.addr + ":443"}},
		{peer{"testssl", "testssl.sh"}, []string{"--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip", site.addr, site.name() + ":443"}},
		{peer{"nmap", "nmap"}, []string{"-Pn", "-n", "-p", "443", "--script", "ssl-enum-ciphers", site.addr}},
	} {
		b.Run(port.program, func(b *testing.B) {
			if small && port.program == "testssl" {
				b.Skip("testssl takes minutes")
			}
			for b.Loop() {
				sent := w.follow(b, port.peer, port.args)
				at := netip.MustParseAddrPort(site.addr + ":443")
				b.ReportMetric(float64(len(sent.hellos[at])), "hellos/port")
				b.ReportMetric(float64(len(sent.starts[at.Addr()])), "connections/port")
				b.ReportMetric(float64(busiestOf(sent.starts)[at.Addr()]), "connections/s-worst")
			}
		})
	}
	b.Run("zonemaster-cli", func(b *testing.B) {
		for b.Loop() {
			sent := w.follow(b, peer{"zonemaster-cli", "zonemaster-cli"}, []string{"--hints", w.hints(b), "--no-progress", domains[0].name})
			b.ReportMetric(float64(len(sent.queries)), "queries/domain")
		}
	})
}

// follow runs a peer from where our scanner would look. Its exit code tells what it
// found, and not whether it looked.
func (w *world) follow(b *testing.B, p peer, args []string) *traffic {
	b.Helper()
	path, err := exec.LookPath(p.program)
	if err != nil {
		b.Skipf("%s is not installed (Debian package %s)", p.program, p.packaged)
	}
	counted := sniff(b, w.lab, netlab.ScannerAddr, scannerSix)
	out, err := w.lab.Command(b.Context(), path, args...).CombinedOutput()
	sent := counted()
	keep(b, p.program+".txt", string(out))
	if len(sent.starts)+len(sent.queries) == 0 {
		b.Fatalf("%s sent nothing: %v\n%s", p.program, err, out)
	}
	return sent
}
