// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/linetest"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
	"carescan/scanner"
)

// overLine makes an enrolled uplink whose aggregator is at the end of a line.
func overLine(t *testing.T, line *linetest.Line) (*Uplink, *counterpart) {
	t.Helper()
	c := newCounterpartOn(t, line)
	id := must(identity.Open(t.TempDir()))(t)
	leaf := c.sign(t, &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, id.Key.Public())
	err := id.Keep(identity.Enrolment{URL: c.server.URL, EnrolResponse: wire.EnrolResponse{
		AgentID: "agent-1", CA: c.caPEM, SealKey: c.sealKey(t), Establishment: site,
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})),
	}})
	if err != nil {
		t.Fatal(err)
	}
	u := must(New(id, must(spool.Open(t.TempDir()))(t), "test 1", ""))(t)
	u.client.http.Transport.(*http.Transport).DialContext = line.Dial
	t.Cleanup(u.client.http.CloseIdleConnections)
	t.Cleanup(synctest.Wait) // a connection is let go once nothing passes on it
	return u, c
}

// heavy fills a bundle with noise until it weighs almost all that a bundle may.
func heavy(t *testing.T) func(*bundle.Bundle) {
	t.Helper()
	noise := make([]byte, wire.MaxBundle*72/100)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	return func(b *bundle.Bundle) {
		artifact := scanner.NewArtifact("noise", "application/octet-stream", noise)
		o := must(scanner.Saw(scanner.DomainTarget("chu.test"), nothing{}))(t)
		o.At, o.Vantage, o.Probe, o.Artifacts = b.Run.Ended, scanner.VantageInternet, "dns", []scanner.ArtifactRef{artifact.Ref}
		b.Run.Observations, b.Run.Artifacts = []scanner.Observation{o.Identify()}, []scanner.Artifact{artifact}
	}
}

type nothing struct{}

func (nothing) FactKind() string { return "nothing" }

// TestTwoMebibytesOverASlowLine sends the largest bundle at the 100 kbit/s that
// are promised to be enough: nearly three minutes for the bytes alone.
func TestTwoMebibytesOverASlowLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, _ := overLine(t, linetest.New(t, 100_000))
		seal(t, u, heavy(t))
		entry := must(u.spool.Waiting())(t)[0]
		size := must(os.Stat(entry.Path))(t).Size()
		if size < wire.MaxBundle*9/10 || size > wire.MaxBundle {
			t.Fatalf("the bundle has %d bytes: nothing is proven", size)
		}
		started := time.Now()
		if err := u.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(started); took < 2*time.Minute || took > wire.UploadTime(size) {
			t.Errorf("sent in %v", took)
		}
		if n := len(must(u.spool.Sent())(t)); n != 1 {
			t.Errorf("%d bundles sent, want one", n)
		}
	})
}

// TestOneThatCannotPassBlocksNone sends five bundles, of which the second never
// passes, each time for another reason.
func TestOneThatCannotPassBlocksNone(t *testing.T) {
	for name, hinder := range map[string]func(http.ResponseWriter){
		"cut":       func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"forbidden": func(w http.ResponseWriter) { status(http.StatusForbidden)(w, "", nil) },
		"broken":    func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"filter": func(w http.ResponseWriter) { // an application firewall on the way, which dislikes these bytes
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		},
		"clock": func(w http.ResponseWriter) { problem(w, http.StatusUnprocessableEntity, wire.ProblemClock) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounterpart(t)
			u := c.enrolled(t)
			for range 5 {
				seal(t, u)
			}
			heavy := must(u.spool.Waiting())(t)[1]
			tries := 0
			c.answer = func(w http.ResponseWriter, id string, body []byte) {
				if id == heavy.ID {
					tries++
					hinder(w)
					return
				}
				c.accept(w, id, body)
			}
			err := u.Flush(t.Context())
			if err == nil || !strings.Contains(err.Error(), heavy.ID) {
				t.Errorf("Flush = %v, want the bundle that did not pass named", err)
			}
			waiting := must(u.spool.Waiting())(t)
			if len(waiting) != 1 || waiting[0].ID != heavy.ID || len(must(u.spool.Sent())(t)) != 4 || tries == 0 {
				t.Errorf("waiting %v after %d tries, want that bundle alone", waiting, tries)
			}
			c.answer = c.accept
			if err := u.Flush(t.Context()); err != nil || len(must(u.spool.Sent())(t)) != 5 {
				t.Errorf("Flush = %v, want all sent once it passes", err)
			}
		})
	}
}

// TestTriedLastOnceItFailed lets what never failed go first.
func TestTriedLastOnceItFailed(t *testing.T) {
	c := newCounterpart(t)
	u := c.enrolled(t)
	seal(t, u)
	first := must(u.spool.Waiting())(t)[0]
	c.answer = status(http.StatusForbidden)
	_ = u.Flush(t.Context())
	seal(t, u)
	var order []string
	c.answer = func(w http.ResponseWriter, id string, body []byte) {
		order = append(order, id)
		c.accept(w, id, body)
	}
	if err := u.Flush(t.Context()); err != nil || len(order) != 2 || order[1] != first.ID {
		t.Errorf("sent %v, %v, want %s last", order, err, first.ID)
	}
}

// TestSharedFailureEndsTheRound asks once, not once for each bundle.
func TestSharedFailureEndsTheRound(t *testing.T) {
	for name, code := range map[string]int{
		"unknown": http.StatusUnauthorized, "too-many": http.StatusTooManyRequests,
		"shed": http.StatusServiceUnavailable, "too-old": http.StatusUpgradeRequired,
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounterpart(t)
			u := c.enrolled(t)
			for range 3 {
				seal(t, u)
			}
			tries := 0
			c.answer = func(w http.ResponseWriter, id string, body []byte) {
				tries++
				status(code)(w, id, body)
			}
			err := u.Flush(t.Context())
			if err == nil || tries != 1 {
				t.Errorf("%d tries, %v, want one and its reason", tries, err)
			}
			if problem, ok := errors.AsType[*cli.Problem](err); ok != (name == "unknown") || ok && !strings.Contains(problem.Hint.FR, "jeton") {
				t.Errorf("Flush = %v: only an agent that is not accepted is told to ask for a token", err)
			}
		})
	}
}

func problem(w http.ResponseWriter, code int, kind string) {
	w.Header().Set("Content-Type", wire.MediaProblem)
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(wire.Problem{Type: kind, Title: "no", Status: code})
}
