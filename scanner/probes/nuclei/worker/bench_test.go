// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"carescan/scanner"
	"carescan/scanner/probes/nuclei"
)

// BenchmarkOverhead compares a look by the probe (door, guard, locked process,
// baseline) with the command line of nuclei: same templates, same server, same
// rate, one request at a time. It reports the medians of both, and the median and
// quartiles of the ratio pair by pair:
//
//	CGO_ENABLED=0 go test -trimpath -run xxx -bench Overhead -benchtime 5x ./scanner/probes/nuclei/worker
func BenchmarkOverhead(b *testing.B) {
	command := buildCommandLine(b)
	for _, perSecond := range []int{20, 1000} {
		b.Run(fmt.Sprintf("rate=%d", perSecond), func(b *testing.B) { compareLooks(b, command, perSecond) })
	}
}

// BenchmarkTogether looks at the sites of a hospital, each on its own address, at the
// default pace of one request a second and address. It reports how long they take all
// together, and the peak of memory of the worker:
//
//	CGO_ENABLED=0 go test -trimpath -run xxx -bench Together -benchtime 1x ./scanner/probes/nuclei/worker
func BenchmarkTogether(b *testing.B) {
	const sites, perSecond = 24, 1
	for b.Loop() {
		program, pids := roll(b)
		p, err := nuclei.New(nuclei.Options{Program: program})
		if err != nil {
			b.Fatal(err)
		}
		h := newHospital()
		var targets []scanner.Target
		for i := range sites {
			targets = append(targets, h.add(b, fmt.Sprintf("www%d.chu.test", i), fmt.Sprintf("192.0.2.%d", i+1), perSecond, http.NotFoundHandler()))
		}
		peak := watchMemory(b, pids)
		b.ReportMetric(timed(func() {
			for i, r := range lookAll(b, p, h, targets...) {
				if len(r.missing) > 0 {
					b.Errorf("site %d: missing %q", i, r.missing.Detail())
				}
			}
		}), "s/hospital")
		b.ReportMetric(float64(peak())/1e6, "worker-MB")
		b.ReportMetric(float64(len(pids())), "workers")
	}
}

func compareLooks(b *testing.B, command string, perSecond int) {
	asked := &counted{}
	server := httptest.NewServer(asked)
	defer server.Close()
	p, err := nuclei.New(nuclei.Options{Program: nuclei.Program{Path: self(b), SHA256: hashOf(b, self(b))}})
	if err != nil {
		b.Fatal(err)
	}
	var ours, theirs, ratios []float64
	for b.Loop() { // one after the other, so that a busy machine weighs on both
		ours = append(ours, timed(func() { lookAt(b, p, server.URL, perSecond) }))
		theirs = append(theirs, timed(func() { runCommandLine(b, command, server.URL, perSecond) }))
		ratios = append(ratios, ours[len(ours)-1]/theirs[len(theirs)-1])
	}
	b.ReportMetric(at(ours, 0.5), "probe-s/op")
	b.ReportMetric(at(theirs, 0.5), "nuclei-s/op")
	b.ReportMetric(at(ratios, 0.25), "ratio-quarter")
	b.ReportMetric(at(ratios, 0.5), "ratio")
	b.ReportMetric(at(ratios, 0.75), "ratio-three-quarters")
	b.ReportMetric(float64(asked.n.Load())/float64(2*b.N), "requests/look")
}

// counted is a site without pages that counts what it is asked.
type counted struct{ n atomic.Int32 }

func (c *counted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.n.Add(1)
	http.NotFound(w, r)
}

func timed(work func()) float64 {
	start := time.Now()
	work()
	return time.Since(start).Seconds()
}

// at is the value below which a part of the others lie: other work on the
// machine makes some looks slow.
func at(values []float64, part float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(float64(len(sorted))*part)]
}

// atRate is a site whose requests take turns, as the guard has them.
type atRate struct {
	site
	turns *rate.Limiter
}

func (a atRate) Pace(ctx context.Context, _ string) error { return a.turns.Wait(ctx) }

func lookAt(b *testing.B, p *nuclei.Probe, url string, perSecond int) {
	address := strings.TrimPrefix(url, "http://")
	_, port, _ := strings.Cut(address, ":")
	at := scanner.Target{Kind: scanner.KindSite, ID: "http://" + siteName + ":" + port}
	sightings, err := p.Observe(b.Context(), atRate{site{siteName, address}, rate.NewLimiter(rate.Limit(perSecond), 1)}, at)
	if err != nil || len(sightings[0].Missing) > 0 {
		b.Fatalf("look: %v, missing %q", err, sightings[0].Missing.Detail())
	}
}

// runCommandLine gives nuclei a proxy that is closed for anything but the
// server, so that it cannot call its vendor.
func runCommandLine(b *testing.B, command, url string, perSecond int) {
	templates, err := filepath.Abs("../templates")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command, "-t", templates, "-u", url, "-rl", strconv.Itoa(perSecond), "-c", "1", "-bs", "1", "-pc", "1",
		"-retries", "1", "-timeout", "10", "-duc", "-ni", "-nh", "-nmhe", "-silent", "-no-color")
	cmd.Env = []string{
		"HOME=" + b.TempDir(), "PATH=" + os.Getenv("PATH"),
		"HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "NO_PROXY=127.0.0.1",
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("nuclei: %v\n%s", err, out)
	}
}

// buildCommandLine builds the command line of the version we pin. It needs one
// module we do not, so a copy of go.mod takes the change.
func buildCommandLine(b *testing.B) string {
	b.Helper()
	folder := b.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		raw, err := os.ReadFile(filepath.Join("../../../..", name))
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), raw, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	command := filepath.Join(folder, "nuclei")
	build := exec.Command("go", "build", "-trimpath", "-mod=mod", "-modfile", filepath.Join(folder, "go.mod"), "-o", command,
		"github.com/projectdiscovery/nuclei/v3/cmd/nuclei")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Skipf("the command line of nuclei cannot be built here: %v\n%s", err, out)
	}
	return command
}
