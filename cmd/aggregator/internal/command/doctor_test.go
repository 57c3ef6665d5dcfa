// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"errors"
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

// TestDoctorTellsOfRounds has one that was done, one that fails, one that nobody does any
// more.
func TestDoctorTellsOfRounds(t *testing.T) { storetest.Each(t, testDoctorTellsOfRounds) }

func testDoctorTellsOfRounds(t *testing.T) {
	r := regiontest.New(t)
	says := func(words string) {
		t.Helper()
		var out, problems bytes.Buffer
		if code := run(t.Context(), append(storetest.Flags(r.Place), "doctor"), &out, &problems); code != 0 {
			t.Fatalf("code %d, %s", code, problems.String())
		}
		if said := strings.ReplaceAll(out.String(), "\u00a0", " "); !strings.Contains(said, words) {
			t.Errorf("doctor says\n%s\nwant %q", said, words)
		}
	}
	recorded := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const forget, integrity = "Oublier les sessions et les connexions échues", "Vérifier la base de données, et la comparer au journal de preuves"
	now := time.Now()
	says(forget + " : pas encore fait ; « serve » ou « worker » s'en charge.")
	recorded(r.Store.RecordRoundFailure(t.Context(), "forget", now, errors.New("disk full")))
	says("Attention : « " + forget + " » a échoué le ")
	says("(détail : disk full)")
	recorded(r.Store.RecordRound(t.Context(), "forget", now.Add(time.Second), time.Second))
	says(forget + " : fait le ")
	recorded(r.Store.RecordRound(t.Context(), "integrity", now.Add(-50*time.Hour), time.Second))
	says("Attention : « " + integrity + " » n'a plus été fait depuis le ")
}
