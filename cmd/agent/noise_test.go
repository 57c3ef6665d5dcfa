// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// noiseOfOne is how many random bytes each answer of a noisy site holds.
const noiseOfOne = 64 << 10

// noise starts sites whose every answer is noise, and writes the configuration of
// an agent that looks at them: noise 40 agent.yaml.
func noise(ts *testscript.TestScript, _ bool, args []string) {
	count, err := strconv.Atoi(args[0])
	ts.Check(err)
	type section = map[string]any
	var sites []string
	var redirects []section
	for i := range count {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.CopyN(w, rand.Reader, noiseOfOne) // who asked may be gone
		}))
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // looks at TLS break many handshakes
		server.StartTLS()
		ts.Defer(server.Close)
		host := fmt.Sprintf("bruit-%d.chu.test", i+1)
		sites = append(sites, "https://"+host)
		redirects = append(redirects, section{"from": host + ":443", "to": server.Listener.Addr().String()})
	}
	raw, err := json.Marshal(section{ // YAML holds JSON
		"state":         "state",
		"vantage":       "internet",
		"establishment": section{"finess": "690781810", "name": "CHU"},
		"scope": section{
			"names": []string{"*.chu.test"}, "ranges": []string{"127.0.0.0/8"},
			"authorisation": section{"by": "RSSI", "until": "2099-01-01"},
		},
		"targets": section{"sites": sites},
		// Every site is on one address: the pace is for one machine.
		"network": section{
			"redirects": redirects, "confirm_after": "1s",
			"request_rate": 500, "concurrent_per_host": 16, "budget_per_host": 50000,
		},
	})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), raw, 0o600))
}
