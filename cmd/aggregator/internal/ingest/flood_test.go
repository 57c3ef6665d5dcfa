// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
	"carescan/scanner/scannertest"
)

// soon is within what an agent is served, whatever others do.
const soon = 2 * time.Second

// deliverSoon sends a small bundle over a new connection.
func deliverSoon(t *testing.T, a *regiontest.Agent) {
	t.Helper()
	a.Client.CloseIdleConnections()
	started := time.Now()
	a.Deliver(someRun(t, a))
	if took := time.Since(started); took > soon {
		t.Errorf("an agent was served in %v, at most %v are wanted", took, soon)
	}
}

// TestSilentConnectionsKeepNobodyOut: 600 connections of the very address of an agent,
// more than the interface has in all, leave it its place.
func TestSilentConnectionsKeepNobodyOut(t *testing.T) {
	for name, silence := range regiontest.Silences() {
		t.Run(name, func(t *testing.T) {
			scannertest.WithinMemory(t, func(t *testing.T) {
				r := newRegion(t)
				a := r.Enrol(siteA)
				regiontest.Flood(t, strings.TrimPrefix(r.URL, "https://"), 600, silence)
				deliverSoon(t, a)
				deliverSoon(t, r.Enrol(siteB))
			})
		})
	}
}

// TestTrickledUploadIsLetGo sends a byte every fifty seconds: something always comes, at
// no pace that any line has.
func TestTrickledUploadIsLetGo(t *testing.T) {
	letGo(t, func(ctx context.Context) io.Reader { return trickle{ctx} })
}

// trickle is a body of one byte every fifty seconds.
type trickle struct{ ctx context.Context }

func (t trickle) Read(into []byte) (int, error) {
	timer := time.NewTimer(50 * time.Second)
	defer timer.Stop()
	select {
	case <-t.ctx.Done():
		return 0, t.ctx.Err()
	case <-timer.C:
		return copy(into, "x"), nil
	}
}

// TestOneBundleOfAnAgentAtATime: uploads that stand still hold one share of what may be
// on its way, the next one of the same agent waits and is told to come again, and
// nobody else notices.
func TestOneBundleOfAnAgentAtATime(t *testing.T) { storetest.Each(t, testOneBundleOfAnAgentAtATime) }

func testOneBundleOfAnAgentAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, a := slowAgent(t, 10_000_000, true)
		other := r.Enrol(siteA)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		statuses := make(chan int, 40)
		for range cap(statuses) {
			q := bundleRequest(t, r, a.Header().ID, nil)
			q.Body = io.NopCloser(silent{ctx})
			q.ContentLength = wire.MaxBundle
			go func() {
				answer, err := a.Client.Do(q.WithContext(ctx))
				if err != nil {
					statuses <- 0
					return
				}
				statuses <- answer.StatusCode
				_ = answer.Body.Close() // waits for the body that was being sent
			}()
		}
		synctest.Wait()
		deliverSoon(t, other)
		time.Sleep(30 * time.Second)
		got := map[int]int{}
		for len(statuses) > 0 {
			got[<-statuses]++
		}
		// One is waited for, seven waited behind it; the others were too many.
		if got[http.StatusServiceUnavailable] != 7 || got[http.StatusTooManyRequests] != 32 || len(got) != 2 {
			t.Errorf("answers %v, want 7 of 503 and 32 of 429", got)
		}
		cancel()
	})
}

// gavel is a judge who takes a long time over one establishment.
type gavel struct {
	slow    scanner.FINESS
	busy    chan struct{}
	release chan struct{}
}

// Judge implements ingest.Judge.
func (g gavel) Judge(run scanner.Run, _ string) (store.Judged, error) {
	if run.Establishment.FINESS == g.slow {
		g.busy <- struct{}{}
		<-g.release
	}
	return store.Judged{Profile: run.Profile.ID, Findings: run.Findings, Coverage: run.Coverage}, nil
}

// TestOthersAreServedWhileALargeBundleIsTakenIn: one is being judged and another comes
// slowly; small ones pass by.
func TestOthersAreServedWhileALargeBundleIsTakenIn(t *testing.T) {
	storetest.Each(t, testOthersAreServedWhileALargeBundleIsTakenIn)
}

func testOthersAreServedWhileALargeBundleIsTakenIn(t *testing.T) {
	g := gavel{siteA, make(chan struct{}), make(chan struct{})}
	r := regiontest.NewJudgedBy(t, g)
	r.Establishment(siteA, "CHU A")
	r.Establishment(siteB, "CH B")
	a, b := r.Enrol(siteA), r.Enrol(siteB)
	h := a.Header()
	raw := a.Seal(h, noisyRun(t, a))
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() {
		if answer := a.Put(h.ID, raw); answer.Status != http.StatusCreated {
			t.Errorf("the large bundle: %d %s", answer.Status, answer.Body)
		}
	})
	<-g.busy
	for range 5 {
		deliverSoon(t, b)
	}
	close(g.release)
}

// TestLargestBundleTakesLittleMemory takes in a bundle of 18 000 findings by the real
// checks, while the interface is full of silent connections.
func TestLargestBundleTakesLittleMemory(t *testing.T) {
	scannertest.WithinMemory(t, func(t *testing.T) {
		r := regiontest.NewJudging(t)
		r.Establishment(siteA, "CHU A")
		a := r.Enrol(siteA)
		run := regiontest.ManyDomains(t, a.Site, time.Now().UTC().Add(-time.Minute), 1380)
		if len(run.Findings) < 18_000 {
			t.Fatalf("%d findings: nothing is proven", len(run.Findings))
		}
		h := a.Header()
		raw := a.Seal(h, run)
		regiontest.Flood(t, strings.TrimPrefix(r.URL, "https://"), 512, regiontest.Silences()["http2"])
		want(t, a.Put(h.ID, raw), http.StatusCreated)
	})
}

// TestStrangerStopsNobodysEnrolment: an address that tries too often, with one token or
// with many, is refused; others are not.
func TestStrangerStopsNobodysEnrolment(t *testing.T) {
	storetest.Each(t, testStrangerStopsNobodysEnrolment)
}

func testStrangerStopsNobodysEnrolment(t *testing.T) {
	r := newRegion(t)
	stranger := clientFrom(r, "127.0.0.2")
	statuses := map[int]int{}
	for i := range 100 {
		body := fmt.Sprintf(`{"secret":"guess %d"}`, i)
		answer := regiontest.Send(r, stranger, http.MethodPost, wire.PathEnrol, wire.MediaJSON, []byte(body))
		statuses[answer.Status]++
	}
	if statuses[http.StatusTooManyRequests] < 30 || statuses[http.StatusUnprocessableEntity] < 60 {
		t.Errorf("the stranger is answered %v", statuses)
	}
	deliverSoon(t, r.Enrol(siteA))
}

// TestTokenIsTriedSoManyTimes from however many addresses.
func TestTokenIsTriedSoManyTimes(t *testing.T) { storetest.Each(t, testTokenIsTriedSoManyTimes) }

func testTokenIsTriedSoManyTimes(t *testing.T) {
	r := newRegion(t)
	last := 0
	for i := range 11 {
		client := clientFrom(r, fmt.Sprintf("127.0.1.%d", i+1))
		last = regiontest.Send(r, client, http.MethodPost, wire.PathEnrol, wire.MediaJSON, []byte(`{"secret":"one token"}`)).Status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the eleventh try of a token is answered %d", last)
	}
	r.Enrol(siteA)
}

// clientFrom is a client without a certificate whose connections come from an address
// of the loopback.
func clientFrom(r *regiontest.Region, address string) *http.Client {
	client := r.Client(nil)
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	client.Transport.(*http.Transport).DialContext = dialer.DialContext
	return client
}

// TestAgentKeepsFewConnections: the ninth connection of an agent takes the place of its
// first, and other agents of the same address keep theirs.
func TestAgentKeepsFewConnections(t *testing.T) {
	r := newRegion(t)
	a, other := r.Enrol(siteA), r.Enrol(siteB)
	deliver := func(conn *tls.Conn) error {
		q := bundleRequest(t, r, uuid.NewString(), bytes.Repeat([]byte("x"), 10))
		if err := q.Write(conn); err != nil {
			return err
		}
		_, err := conn.Read(make([]byte, 4096))
		return err
	}
	neighbour := dialAs(t, r, other)
	if err := deliver(neighbour); err != nil {
		t.Fatal(err)
	}
	var conns []*tls.Conn
	for range 9 {
		conn := dialAs(t, r, a)
		if err := deliver(conn); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	if err := deliver(conns[0]); err == nil {
		t.Error("the first connection is still open")
	}
	for _, conn := range append(conns[1:], neighbour) {
		if err := deliver(conn); err != nil {
			t.Error(err)
		}
	}
}

// dialAs connects as an agent, by the older HTTP.
func dialAs(t *testing.T, r *regiontest.Region, a *regiontest.Agent) *tls.Conn {
	t.Helper()
	settings := a.Client.Transport.(*http.Transport).TLSClientConfig.Clone()
	settings.NextProtos = []string{"http/1.1"}
	conn, err := (&tls.Dialer{Config: settings}).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.URL, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*tls.Conn)
}
