// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// endpointVariable names the server that the test binary looks at, once and for
// all, when it is started again to be measured.
const endpointVariable = "CARESCAN_TLS_ENDPOINT"

func TestMain(m *testing.M) {
	address := os.Getenv(endpointVariable)
	if address == "" {
		os.Exit(m.Run())
	}
	if err := lookOnce(address); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// lookOnce is one look, in a process of its own.
func lookOnce(address string) error {
	p := New(Options{Roots: x509.NewCertPool()})
	sightings, err := p.Observe(context.Background(), doorTo(address), scanner.ServiceTarget(service, 443))
	if err != nil {
		return err
	}
	f := sightings[0].Fact.(fact.TLS)
	if len(f.Suites["1.2"]) == 0 || len(f.Suites["1.3"]) == 0 || len(f.Offers) == 0 {
		return fmt.Errorf("not whole: %v", f.Why)
	}
	return nil
}

// BenchmarkEndpoint compares the price of one look with that of sslscan, in whole
// processes and turn by turn. The goal is 1.2 at most.
func BenchmarkEndpoint(b *testing.B) {
	for name, directives := range map[string]string{"modern": "ssl_ciphers " + intermediate + ";", "default": ""} {
		b.Run(name, func(b *testing.B) {
			address := startNginx(b, directives+" ssl_protocols TLSv1.2 TLSv1.3;").Routes[service+":443"]
			var ours, theirs price
			for b.Loop() {
				look := exec.CommandContext(b.Context(), os.Args[0])
				look.Env = append(os.Environ(), endpointVariable+"="+address)
				ours.add(b, look)
				theirs.add(b, exec.CommandContext(b.Context(), "sslscan", "--no-colour", "--sni-name="+service, address))
			}
			b.ReportMetric(float64(ours.wall)/float64(theirs.wall), "wall-ratio")
			b.ReportMetric(float64(ours.cpu)/float64(theirs.cpu), "cpu-ratio")
			b.ReportMetric(float64(ours.wall.Milliseconds())/float64(b.N), "wall-ms")
			b.ReportMetric(float64(ours.cpu.Milliseconds())/float64(b.N), "cpu-ms")
		})
	}
}

// price is what processes cost.
type price struct{ wall, cpu time.Duration }

func (p *price) add(b *testing.B, command *exec.Cmd) {
	b.Helper()
	began := time.Now()
	if output, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v\n%s", command.Path, err, output)
	}
	p.wall += time.Since(began)
	p.cpu += command.ProcessState.UserTime() + command.ProcessState.SystemTime()
}
