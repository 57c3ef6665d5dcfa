// SPDX-License-Identifier: Apache-2.0

package status

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/engine"
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

// TestPageTellsOfTheRunUnderWay: its phases, the one of the moment marked for those who
// do not see it, and what is looked at.
func TestPageTellsOfTheRunUnderWay(t *testing.T) {
	soon := time.Now().Add(time.Minute)
	for name, test := range map[string]struct {
		now  *Now
		want []string
	}{
		"idle":          {nil, []string{`content="60"`}},
		"getting-ready": {&Now{}, []string{"Passage en cours", "<p>Préparation</p>", `content="5"`}},
		"first-looks": {
			&Now{
				Progress: engine.Progress{Phase: engine.PhaseFirst, Done: 12, Total: 93, Doubted: 4, Confirmed: 1, Waiting: 47, Left: 170 * time.Second},
				Names:    []string{"templates https://<b>.test", "services vpn.test"}, More: 31,
			},
			[]string{
				`<li aria-current="step">Premiers regards : 12 sur 93, encore 3 min environ</li>`,
				"<li>Seconds regards, qui confirment les écarts : 1 sur 4 connus à ce stade</li>",
				"<li>templates https://&lt;b&gt;.test</li><li>services vpn.test</li><li>et 31 de plus</li>",
				"En attente de leur tour : 47",
			},
		},
		"wait": {
			&Now{Progress: engine.Progress{Phase: engine.PhaseWait, Done: 93, Total: 93, Doubted: 4, Until: soon, Last: soon}},
			[]string{
				"<li>Premiers regards : 93 sur 93</li>",
				`<li aria-current="step">Seconds regards, qui confirment les écarts : 0 sur 4 ; le prochain à ` + clock(soon),
			},
		},
		"judgement": {&Now{Progress: engine.Progress{Phase: engine.PhaseJudge}}, []string{`<li aria-current="step">Jugement`}},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := Serve("127.0.0.1:0", func() State { return State{Now: test.now} })
			if err != nil {
				t.Fatal(err)
			}
			defer page.Close()
			body := get(t, page.URL(), "", http.StatusOK)
			for _, want := range test.want {
				if !strings.Contains(body, want) {
					t.Errorf("the page lacks %q:\n%s", want, body)
				}
			}
			if name == "idle" && strings.Contains(body, "Passage en cours") {
				t.Error("the page tells of a run, and there is none")
			}
			still := get(t, page.URL()+"/?fixe", "", http.StatusOK)
			if strings.Contains(still, "http-equiv") || !strings.Contains(still, `<a href="/">`) {
				t.Error("the page is loaded again although its reader asked that it be not, or does not say how to let it")
			}
		})
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
