// SPDX-License-Identifier: Apache-2.0

package status

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"carescan/scanner"
)

func TestPageShowsTheState(t *testing.T) {
	page, err := Serve("127.0.0.1:0", func() State {
		return State{
			Establishment: "CHU <Exemple>", Waiting: 3,
			Problems: []Problem{{What: scanner.Text{FR: "le disque est plein", EN: "the disk is full"}, Detail: "no space left on device"}},
			Run:      scanner.Run{Status: scanner.RunPartial, Ended: time.Now()},
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	body := get(t, page.URL(), "", http.StatusOK)
	for _, want := range []string{"CHU &lt;Exemple&gt;", "<dd>3</dd>", "À corriger\u00a0:</strong> le disque est plein</p>", "Détail\u00a0: <span lang=\"en\">no space left on device</span>", "partiel"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestPageRefusesOtherNames(t *testing.T) {
	page, err := Serve("127.0.0.1:0", func() State { return State{Establishment: "secret"} })
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	if body := get(t, page.URL(), "rebound.test", http.StatusMisdirectedRequest); strings.Contains(body, "secret") {
		t.Error("a name that points at loopback must learn nothing")
	}
}

func TestServeRefusesTheNetwork(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":8321", "192.0.2.1:80", "localhost:80"} {
		if page, err := Serve(address, nil); err == nil {
			page.Close()
			t.Errorf("Serve(%q) must be refused: the page has no sign-in", address)
		}
	}
}

func get(t *testing.T, url, host string, want int) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		t.Fatalf("status %d, %v, want %d", response.StatusCode, err, want)
	}
	return string(body)
}
