// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
)

// TestDoctorTellsWhatIsOdd has an agent name a bundle that nobody has as the one before.
func TestDoctorTellsWhatIsOdd(t *testing.T) { storetest.Each(t, testDoctorTellsWhatIsOdd) }

func testDoctorTellsWhatIsOdd(t *testing.T) {
	r := regiontest.New(t)
	a := r.Enrol(r.Establishment("690000013", "CHU A").FINESS)
	a.Deliver(regiontest.Run(t, a.Site, time.Now().UTC().Add(-time.Minute)))
	h := a.Header()
	h.Previous = scanner.Digest([]byte("nothing"))
	if answer := a.Put(h.ID, a.Seal(h, regiontest.Run(t, a.Site, time.Now().UTC()))); answer.Status != http.StatusCreated {
		t.Fatal(answer.Status)
	}
	for lang, words := range map[string]string{
		"fr": "établissement 690000013), le dossier n° 2 désigne comme précédent un dossier inconnu",
		"en": "establishment 690000013), bundle 2 names an unknown bundle as the one before it",
	} {
		var out, problems bytes.Buffer
		if code := run(t.Context(), append(storetest.Flags(r.Place), "doctor", "--lang="+lang), &out, &problems); code != 0 {
			t.Fatalf("%s: code %d, %s", lang, code, problems.String())
		}
		if !strings.Contains(out.String(), words) || !strings.Contains(out.String(), a.ID) {
			t.Errorf("%s: doctor says\n%s\nwant %q", lang, out.String(), words)
		}
	}
}
