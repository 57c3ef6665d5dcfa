// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// unlimited is a region whose agents may ask as often as they like.
func unlimited(f *testing.F) *regiontest.Region {
	f.Helper()
	r := regiontest.New(f)
	s := ingest.New(r.Store, r.Authority, r.Judge, regiontest.Quiet(), ingest.Settings{})
	ingest.LiftRate(s)
	r.URL = "https://" + regiontest.Listen(f, s.HTTP(r.Authority.ServerCertificate("127.0.0.1")), ingest.Guard)
	return r
}

// FuzzBundle sends any bytes as a bundle: only what the agent sealed is kept,
// and nothing brings the server down.
func FuzzBundle(f *testing.F) {
	r := unlimited(f)
	a := r.Enrol(r.Establishment(siteA, "CHU A").FINESS)
	h := a.Header()
	f.Add(a.Seal(h, regiontest.Run(f, a.Site, time.Now().Add(-time.Minute), regiontest.Said{
		Check: "exposure.hsts", Target: scanner.DomainTarget("chu.test"), Outcome: scanner.Pass, Severity: scanner.Low,
	})))
	f.Add([]byte(`{"payloadType":"application/vnd.carescan.bundle.v1+zstd","payload":"","signatures":[{}]}`))
	f.Add([]byte(`{"signatures":[{"keyid":"x"},{}]}`))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		answer := a.In(t).Put(uuid.NewString(), raw)
		switch answer.Status {
		case http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge,
			http.StatusUnprocessableEntity:
		default:
			t.Errorf("status %d: %s", answer.Status, answer.Body)
		}
	})
}

// FuzzContentDigest sends any header with a body it does not match.
func FuzzContentDigest(f *testing.F) {
	r := unlimited(f)
	a := r.Enrol(r.Establishment(siteA, "CHU A").FINESS)
	for _, seed := range []string{"sha-256=:AAAA:", "sha-256=", "md5=:AAAA:;a=1", ",,=,", "sha-256=:%%:", "sha-256=::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.URL+wire.PathBundles+"/"+uuid.NewString(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Content-Type", wire.MediaBundle)
		q.Header.Set("Content-Digest", header)
		response, err := a.Client.Do(q)
		if err != nil {
			t.Skip("not a header") // the client itself refuses control characters
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("an empty bundle with Content-Digest %q got %d", header, response.StatusCode)
		}
	})
}

// FuzzToken reads any word as a token: what is accepted is written back alike.
func FuzzToken(f *testing.F) {
	f.Add(wire.Token{URL: "https://a.test", CAPin: "sha256:00", Secret: "s"}.Encode())
	f.Add("cst1.")
	f.Add("cst1.e30")
	f.Add("cst2.AAAA")
	f.Fuzz(func(t *testing.T, word string) {
		token, err := wire.ParseToken(word)
		if err != nil {
			return
		}
		again, err := wire.ParseToken(token.Encode())
		if err != nil || again != token {
			t.Errorf("%q reads as %+v, then as %+v: %v", word, token, again, err)
		}
	})
}
