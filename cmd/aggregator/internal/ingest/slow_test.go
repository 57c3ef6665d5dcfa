// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/internal/linetest"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// TestTwoMebibytesOverASlowLine receives the largest bundle at the 100 kbit/s that
// are promised to be enough, from clients of both versions of HTTP.
func TestTwoMebibytesOverASlowLine(t *testing.T) {
	for name, second := range map[string]bool{"http1": false, "http2": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, a := slowAgent(t, 100_000, second)
				h := a.Header()
				raw := a.Seal(h, noisyRun(t, a))
				if len(raw) < wire.MaxBundle*9/10 {
					t.Fatalf("the bundle has %d bytes: nothing is proven", len(raw))
				}
				started := time.Now()
				want(t, a.Put(h.ID, raw), http.StatusCreated)
				if took := time.Since(started); took < 2*time.Minute || took > wire.UploadTime(int64(len(raw))) {
					t.Errorf("received in %v", took)
				}
			})
		})
	}
}

// TestSilentUploadIsLetGo announces a bundle and sends nothing of it.
func TestSilentUploadIsLetGo(t *testing.T) {
	letGo(t, func(ctx context.Context) io.Reader { return silent{ctx} })
}

// letGo uploads a body that never comes to its end, and wants it given up in a minute or so.
func letGo(t *testing.T, body func(context.Context) io.Reader) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r, a := slowAgent(t, 100_000, true)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		q := bundleRequest(t, r, a.Header().ID, nil)
		q.Body = io.NopCloser(body(ctx))
		q.ContentLength = wire.MaxBundle
		started := time.Now()
		answer, err := a.Client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		cancel() // the body ends, or closing would wait for it
		// 408, not 400: the same bundle may come whole another time.
		if took := time.Since(started); answer.StatusCode != http.StatusRequestTimeout || took > 90*time.Second {
			t.Errorf("status %d after %v, want %d in about a minute", answer.StatusCode, took, http.StatusRequestTimeout)
		}
	})
}

// silent is a body of which nothing ever comes.
type silent struct{ ctx context.Context }

func (s silent) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// slowAgent is an agent at the end of a line, in a region in virtual time.
func slowAgent(t *testing.T, bitsPerSecond int, second bool) (*regiontest.Region, *regiontest.Agent) {
	t.Helper()
	// Virtual time begins before there was any agent.
	time.Sleep(time.Until(time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)))
	line := linetest.New(t, bitsPerSecond)
	r := regiontest.NewOn(t, line)
	r.Establishment(siteA, "CHU A")
	r.Dial = line.Dial
	a := r.Enrol(siteA)
	a.Client.Transport.(*http.Transport).ForceAttemptHTTP2 = second
	t.Cleanup(synctest.Wait) // a connection is let go once nothing passes on it
	return r, a
}

// noisyRun weighs almost all that a bundle may.
func noisyRun(t *testing.T, a *regiontest.Agent) scanner.Run {
	t.Helper()
	run := someRun(t, a)
	noise := make([]byte, wire.MaxBundle*71/100)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	artifact := scanner.NewArtifact("noise", "application/octet-stream", noise)
	o := run.Observations[0]
	o.Artifacts = append(o.Artifacts, artifact.Ref)
	run.Observations[0] = o.Identify()
	run.Findings[0].Observations = []string{run.Observations[0].ID}
	run.Artifacts = append(run.Artifacts, artifact)
	return run
}
