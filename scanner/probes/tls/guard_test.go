// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/lab"
)

// TestObserveThroughTheGuard looks at the lab hospital through the real door.
func TestObserveThroughTheGuard(t *testing.T) {
	t.Parallel()
	door, settings := lab.Open(t)
	host := strings.TrimPrefix(settings.Sites[0], "https://")
	sightings, err := New(Options{}).Observe(t.Context(), door, scanner.ServiceTarget(host, 443))
	if err != nil {
		t.Fatal(err)
	}
	got := sightings[0].Fact.(fact.TLS)
	if got.Reach != fact.Answered || len(got.Chain) == 0 || answers(got) != "accepted accepted declined declined" {
		t.Errorf("got %+v", got)
	}
	sightings, err = New(Options{}).Observe(t.Context(), door, scanner.ServiceTarget("www.elsewhere.test", 443))
	if err != nil {
		t.Fatal(err)
	}
	if got := sightings[0].Fact.(fact.TLS); got.Reach != fact.Unreached || len(sightings[0].Missing) == 0 {
		t.Errorf("outside the scope: %+v", got)
	}
}

// TestQueuesTakeNothingFromAHello looks at a service whose address is crowded by our own
// requests: the first hello waits for longer than the time it is given once it is sent.
func TestQueuesTakeNothingFromAHello(t *testing.T) {
	t.Parallel()
	const perSecond, crowd, timeout = 20, 60, 2 * time.Second
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	door := lab.Paced(t, perSecond, "www.chu.test:443", strings.TrimPrefix(server.URL, "https://"))
	for range crowd {
		go func() { _ = door.Pace(t.Context(), "www.chu.test") }() // which may end with the test
	}
	for range 2 { // a turn later the crowd is there
		if err := door.Pace(t.Context(), "www.chu.test"); err != nil {
			t.Fatal(err)
		}
	}
	sightings, err := New(Options{Timeout: timeout}).Observe(t.Context(), door, scanner.ServiceTarget("www.chu.test", 443))
	if err != nil {
		t.Fatal(err)
	}
	s := sightings[0]
	if got := s.Fact.(fact.TLS); got.Reach != fact.Answered || len(got.Chain) == 0 || len(s.Missing)+len(s.Unread) > 0 {
		t.Errorf("missing %v, unread %v in %+v", s.Missing, s.Unread, got)
	}
}
