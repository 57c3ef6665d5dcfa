// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/scannertest"
)

const (
	// soon is within what a person is served, whatever others do.
	soon = 2 * time.Second
	// maxMemory is what the aggregator may take at most, in bytes, pages included.
	maxMemory = 512 << 20
)

// from is a visitor whose connections come from an address of the loopback.
func (s *site) from(address string) *visitor {
	s.t.Helper()
	v := s.visitor()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	v.client.Transport.(*http.Transport).DialContext = dialer.DialContext
	return v
}

// TestSilentConnectionsKeepNoReaderOut: 600 connections of the very address of an
// analyst, more than the pages have in all.
func TestSilentConnectionsKeepNoReaderOut(t *testing.T) {
	for name, silence := range regiontest.Silences() {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			admin := s.signIn(administrator())
			stranger := s.visitor()
			regiontest.Flood(t, strings.TrimPrefix(s.url, "https://"), 600, silence)
			started := time.Now()
			admin.get("/").sees(http.StatusOK, "Vue de la région")
			admin.client.CloseIdleConnections()
			admin.get("/").sees(http.StatusOK, "Vue de la région")
			stranger.get("/sign-in").sees(http.StatusOK)
			if took := time.Since(started); took > soon {
				t.Errorf("three pages took %v, at most %v are wanted", took, soon)
			}
		})
	}
}

// TestGuessesLockNobodyOut: two hundred guesses at once on one account, from as many
// addresses, take their turn; its owner signs in.
func TestGuessesLockNobodyOut(t *testing.T) { storetest.Each(t, testGuessesLockNobodyOut) }

func testGuessesLockNobodyOut(t *testing.T) {
	scannertest.WithinBytes(t, maxMemory, func(t *testing.T) {
		s := newSite(t)
		known := s.signIn(administrator())
		form := url.Values{"email": {administrator().Email}, "password": {"a guess of twelve"}, "code": {"000000"}}
		strangers := make([]*visitor, 200)
		for i := range strangers {
			strangers[i] = s.from(fmt.Sprintf("127.0.2.%d", i+1)).get("/sign-in").sees(http.StatusOK)
		}
		owner := s.visitor().get("/sign-in").sees(http.StatusOK)
		var group sync.WaitGroup
		for _, v := range strangers {
			group.Go(func() { v.post("/sign-in", form) })
		}
		started := time.Now()
		owner.post("/sign-in", url.Values{
			"email": {administrator().Email}, "password": {password}, "code": {owner.code(known.secretOf, 1)},
		}).sees(http.StatusOK, "Vue de la région")
		if took := time.Since(started); took > soon {
			t.Errorf("the owner signed in within %v, at most %v are wanted", took, soon)
		}
		group.Wait()
		got := map[int]int{}
		for _, v := range strangers {
			got[v.last.StatusCode]++
			if v.last.StatusCode == http.StatusServiceUnavailable {
				v.sees(http.StatusServiceUnavailable, "Beaucoup de connexions sont demandées en même temps")
			}
		}
		if got[http.StatusUnauthorized] > 50 || got[http.StatusUnauthorized] == 0 || got[http.StatusUnauthorized]+got[http.StatusTooManyRequests]+got[http.StatusServiceUnavailable] != len(strangers) {
			t.Errorf("the strangers are answered %v", got)
		}
		t.Logf("the strangers are answered %v", got)
	})
}

// crowded delivers a bundle of 18 000 findings, the first of which rests on a fact of
// some 400 KiB, and returns the address of its page and the fact.
func (s *site) crowded() (path string, whole []byte) {
	s.t.Helper()
	agent := s.Enrol(s.Establishment(siteA, "CHU de la Montagne").FINESS)
	now := time.Now().UTC()
	run := regiontest.ManyDomains(s.t, agent.Site, now.Add(-time.Minute), 1380)
	first := &run.Findings[slices.IndexFunc(run.Findings, func(f scanner.Finding) bool { return len(f.Observations) == 1 })]
	large := run.Observations[slices.IndexFunc(run.Observations, func(o scanner.Observation) bool { return o.ID == first.Observations[0] })]
	values := make([]string, 8000)
	for i := range values {
		values[i] = fmt.Sprintf("v=DMARC1; p=none; record=%d; é", i)
	}
	saw, err := scanner.Saw(first.Target, fact.Zone{Name: first.Target.ID, TXT: fact.RecordSet{Values: values}})
	if err != nil {
		s.t.Fatal(err)
	}
	large.Kind, large.Fact = saw.Kind, saw.Fact
	large = large.Identify()
	run.Observations = append(run.Observations, large)
	first.Observations = []string{large.ID}
	agent.Deliver(run)
	return "/establishments/" + string(siteA) + "/findings/" + first.Fingerprint, large.Fact
}

// TestReadersOfTheLargestBundle: twelve people read evidence from it at once; each is
// shown it or told to come again, another reads what he likes, and the process stays
// within its memory.
func TestReadersOfTheLargestBundle(t *testing.T) {
	scannertest.WithinBytes(t, maxMemory, func(t *testing.T) {
		s := newSite(t)
		admin := s.signIn(administrator())
		path, whole := s.crowded()
		readers := make([]*visitor, 12)
		for i := range readers {
			readers[i] = s.visitor()
			readers[i].client.Jar = admin.client.Jar
			readers[i].get("/")
		}
		var group sync.WaitGroup
		for i, v := range readers {
			group.Go(func() { v.get(path + "?lang=" + string(scanner.Langs()[i%2])) })
		}
		started := time.Now()
		admin.get("/").sees(http.StatusOK, "CHU de la Montagne")
		if took := time.Since(started); took > soon {
			t.Errorf("another page took %v, at most %v are wanted", took, soon)
		}
		group.Wait()
		shown := 0
		for i, v := range readers {
			if v.last.StatusCode == http.StatusServiceUnavailable {
				v.sees(http.StatusServiceUnavailable, []string{"Patientez quelques secondes", "Wait a few seconds"}[i%2])
				if v.last.Header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				continue
			}
			v.sees(http.StatusOK, "v=DMARC1; p=none; record=7;").hides("record=7999;")
			if shown++; len(v.body) > 200<<10 {
				t.Errorf("a page has %d bytes", len(v.body))
			}
		}
		t.Logf("%d of %d were shown the evidence", shown, len(readers))
		if shown == 0 {
			t.Error("nobody was shown the evidence")
		}
		link := factLink.FindStringSubmatch(admin.get(path+"?lang=fr").sees(http.StatusOK, "Seul le début est montré ici").body)
		if link == nil {
			t.Fatalf("no link to the fact:\n%s", admin.body)
		}
		admin.get(link[1]).sees(http.StatusOK, "record=7999;")
		if admin.body != string(whole) {
			t.Errorf("the file has %d bytes, the fact %d", len(admin.body), len(whole))
		}
		if got := admin.last.Header.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="690000013-obs-`) {
			t.Errorf("Content-Disposition %q", got)
		}
		s.Establishment(siteB, "CH de la Vallée")
		s.signIn(reader(siteB)).get(link[1]).sees(http.StatusNotFound)
		admin.get(link[1] + "0").sees(http.StatusNotFound)
	})
}

var factLink = regexp.MustCompile(`href="(/establishments/690000013/findings/[^"]+/facts/obs-[0-9a-f]+)" download`)

// TestAllAtOnce has both interfaces full of silent connections, agents that send dense
// bundles, readers of the largest one and guesses of passwords, in one process: it is about its
// memory, since both ends share the processors here.
func TestAllAtOnce(t *testing.T) {
	scannertest.WithinBytes(t, maxMemory, func(t *testing.T) {
		s := newSite(t)
		admin := s.signIn(administrator())
		path, _ := s.crowded()
		for _, url := range []string{s.url, s.URL} {
			regiontest.Flood(t, strings.TrimPrefix(url, "https://"), 300, regiontest.Silences()["http2"])
		}
		var group sync.WaitGroup
		for range 4 {
			liar := s.Enrol(siteA)
			raw := liar.SealDense("artifacts", 400<<10)
			group.Go(func() { liar.Put(uuid.NewString(), raw) })
		}
		guess := url.Values{"email": {administrator().Email}, "password": {"a guess of twelve"}, "code": {"000000"}}
		for i := range 12 {
			reader, stranger := s.visitor(), s.from(fmt.Sprintf("127.0.3.%d", i+1))
			reader.client.Jar = admin.client.Jar
			group.Go(func() { reader.get(path) })
			group.Go(func() { stranger.post("/sign-in", guess) })
		}
		admin.get("/").sees(http.StatusOK, "CHU de la Montagne")
		group.Wait()
	})
}
