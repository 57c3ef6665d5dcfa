// SPDX-License-Identifier: Apache-2.0

package attestation

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/yamlfile"
)

var _ scanner.Probe = Probe{}

const finess = scanner.FINESS("750712184")

// place writes files into a folder of the test and returns the path of the first.
func place(t *testing.T, files ...string) string {
	t.Helper()
	folder := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(folder, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, files[0])
}

// target is the establishment of every file under test.
var target = scanner.Establishment{FINESS: finess}.Target()

func observe(t *testing.T, file string) ([]scanner.Sighting, error) {
	t.Helper()
	return New(Settings(file), target).Observe(t.Context(), nil, target)
}

func TestObserveReadsAndHashes(t *testing.T) {
	file := place(t, "attestations.yaml", `attestations:
  - {topic: crisis-exercise, date: 2026-03-14, role: RSSI, reference: "CR-2026-12", type: care-continuity, document: exercice.pdf}
  - topic: pssi-approval
    date: "2025-11-02"
    role: Directrice générale
`, "exercice.pdf", "minutes")
	sightings, err := observe(t, file)
	if err != nil {
		t.Fatal(err)
	}
	want := []scanner.Sighting{{Fact: fact.Attestations{Items: []fact.Attestation{
		{
			Topic: "crisis-exercise", Date: time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC), Role: "RSSI",
			Reference: "CR-2026-12", Exercise: fact.ExerciseCare, Document: scanner.Digest([]byte("minutes")),
		},
		{Topic: "pssi-approval", Date: time.Date(2025, 11, 2, 0, 0, 0, 0, time.UTC), Role: "Directrice générale"},
	}}}}
	if diff := cmp.Diff(want, sightings); diff != "" {
		t.Errorf("sightings (-want +got):\n%s", diff)
	}
}

func TestObserveRefuses(t *testing.T) {
	const good = "attestations:\n  - {topic: crisis-exercise, date: 2026-03-14, role: RSSI"
	for name, test := range map[string]struct{ content, want string }{
		"empty-file":         {"", "the file is empty"},
		"twice-the-same-key": {"attestations:\n  - {topic: pssi-approval, topic: pssi-approval}\n", "line 2: this key is already written on line 2"},
		"not-a-list":         {"attestations: Zorglub\n", "line 1, attestations: a list is expected"},
		"broken-yaml":        {"attestations: [\n", "line 1: a value is expected here"},
		"two-documents":      {good + "}\n---\na: 1\n", "line 3: a second YAML document begins here"},
		"too-long-file":      {strings.Repeat("#", yamlfile.MaxFile+1), "it must be a file of at most 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			file := place(t, "a.yaml", test.content)
			_, err := observe(t, file)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), filepath.Base(file)) {
				t.Fatalf("error = %v, want the file and %q", err, test.want)
			}
			if strings.Contains(err.Error(), "Zorglub") {
				t.Errorf("error repeats the content of the file: %v", err)
			}
		})
	}
}

// TestOneMalformedStatement voids its own statement, and no other: the file was
// refused whole.
func TestOneMalformedStatement(t *testing.T) {
	const good = "attestations:\n  - {topic: crisis-exercise, date: 2026-03-14, role: RSSI"
	for name, test := range map[string]struct {
		content, want string
		topic         string
		cause         scanner.CauseCode
	}{
		"unknown-key":         {good + ", author: Zorglub}\n", "line 2, attestations[0]: this key is not known", "crisis-exercise", scanner.CauseFileMalformed},
		"unknown-topic":       {"attestations:\n  - {topic: party, date: 2026-03-14, role: RSSI}\n", "line 2, attestations[0]: the topic must be one of crisis-exercise, pssi-approval", "", scanner.CauseFieldWrong},
		"date-in-words":       {"attestations:\n  - topic: pssi-approval\n    date: 14 mars 2026\n    role: RSSI\n", "line 3, attestations[0].date: the date must be written as 2026-03-14", "pssi-approval", scanner.CauseFieldWrong},
		"missing-date":        {"attestations:\n  - {topic: pssi-approval, role: RSSI}\n", "line 2, attestations[0]: the date is missing", "pssi-approval", scanner.CauseFieldMissing},
		"missing-role":        {"attestations:\n  - {topic: pssi-approval, date: 2026-03-14}\n", "the role is missing", "pssi-approval", scanner.CauseFieldMissing},
		"unknown-type":        {"attestations:\n  - {topic: crisis-exercise, date: 2026-03-14, role: RSSI, type: Zorglub}\n", "line 2, attestations[0]: the type must be one of care-continuity, it-continuity", "crisis-exercise", scanner.CauseFieldWrong},
		"type-of-no-exercise": {"attestations:\n  - {topic: pssi-approval, date: 2026-03-14, role: RSSI, type: restore}\n", "line 2, attestations[0]: the type is that of an exercise", "pssi-approval", scanner.CauseFieldWrong},
		"list-as-role":        {"attestations:\n  - {topic: pssi-approval, date: 2026-03-14, role: [a]}\n", "line 2, attestations[0].role: one value is expected", "pssi-approval", scanner.CauseFieldWrong},
		"endless-role":        {"attestations:\n  - {topic: pssi-approval, date: 2026-03-14, role: " + strings.Repeat("a", 201) + "}\n", "at most 200 characters", "pssi-approval", scanner.CauseFieldWrong},
	} {
		t.Run(name, func(t *testing.T) {
			file := place(t, "a.yaml", test.content+"  - {topic: pssi-approval, date: 2025-01-01, role: DG}\n")
			sightings, err := observe(t, file)
			if err != nil {
				t.Fatal(err)
			}
			got := sightings[0].Fact.(fact.Attestations)
			if len(got.Items) != 1 || got.Items[0].Role != "DG" {
				t.Errorf("items = %+v, want the one of the DG", got.Items)
			}
			if len(got.Unread) != 1 || !got.Unread[0].Malformed || got.Unread[0].Topic != test.topic || got.Unread[0].Causes[0].Code != test.cause || got.Unread[0].Line == 0 {
				t.Errorf("unread = %+v, want %q by %s", got.Unread, test.topic, test.cause)
			}
			told := New(Settings(file), target).Needs().Files[0].Parse(t.Context())
			if told == nil || !strings.Contains(told.Error(), test.want) {
				t.Fatalf("doctor is told %v, want %q", told, test.want)
			}
			raw, err := json.Marshal(sightings)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(raw)+told.Error(), "Zorglub") {
				t.Errorf("the content of the file came out: %s; %v", raw, told)
			}
		})
	}
}

// TestOneUnreadDocument voids its own statement, and no other.
func TestOneUnreadDocument(t *testing.T) {
	for name, test := range map[string]struct {
		document string
		cause    scanner.CauseCode
		said     string // by doctor
	}{
		"absent":    {"Zorglub.pdf", scanner.CauseFileMissing, "line 3, attestations[1].document: the document named could not be read (the file does not exist)"},
		"escaping":  {"../secret.pdf", scanner.CauseFileUnreadable, "line 3, attestations[1].document: the document named could not be read (the file cannot be read)"},
		"absolute":  {"/etc/hostname", scanner.CauseFileUnreadable, "line 3, attestations[1].document: the document named could not be read (the file cannot be read)"},
		"folder":    {".", scanner.CauseFileUnreadable, "it must be a file"},
		"backslash": {`docs\Zorglub.pdf`, scanner.CauseFieldWrong, `a path is written with / and not with \`},
	} {
		t.Run(name, func(t *testing.T) {
			file := place(t, "a.yaml", "attestations:\n  - {topic: pssi-approval, date: 2026-03-14, role: RSSI, document: pssi.pdf}\n"+
				"  - {topic: crisis-exercise, date: 2026-02-01, role: DG, document: '"+test.document+"'}\n", "pssi.pdf", "x")
			sightings, err := observe(t, file)
			if err != nil {
				t.Fatal(err)
			}
			got := sightings[0].Fact.(fact.Attestations)
			if len(got.Items) != 1 || got.Items[0].Topic != "pssi-approval" || got.Items[0].Document != scanner.Digest([]byte("x")) {
				t.Errorf("items = %+v, want the approval", got.Items)
			}
			if len(got.Unread) != 1 || got.Unread[0].Topic != "crisis-exercise" || got.Unread[0].Line != 3 || got.Unread[0].Causes[0].Code != test.cause {
				t.Fatalf("unread = %+v, want the exercise and %s", got.Unread, test.cause)
			}
			told := New(Settings(file), target).Needs().Files[0].Parse(t.Context())
			if told == nil || !strings.Contains(told.Error(), test.said) {
				t.Errorf("doctor is told %v, want %q", told, test.said)
			}
			raw, err := json.Marshal(sightings)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(raw)+told.Error(), "Zorglub") {
				t.Errorf("the name of a document came out: %s; %v", raw, told)
			}
		})
	}
}

// TestAccentsOfADocument finds a document whose name the disk writes in another form
// of Unicode (UAX 15), in a folder as at the top.
func TestAccentsOfADocument(t *testing.T) {
	for name, form := range map[string]norm.Form{"composed": norm.NFC, "decomposed": norm.NFD} {
		t.Run(name, func(t *testing.T) {
			file := place(t, "a.yaml", "attestations:\n  - {topic: pssi-approval, date: 2026-03-14, role: RSSI, document: "+norm.NFC.String("signé/pièce signée.pdf")+"}\n"+
				"  - {topic: crisis-exercise, date: 2026-02-01, role: DG, document: "+norm.NFD.String("pièce.pdf")+"}\n", form.String("pièce.pdf"), "y")
			folder := filepath.Join(filepath.Dir(file), form.String("signé"))
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, form.String("pièce signée.pdf")), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			sightings, err := observe(t, file)
			if err != nil {
				t.Fatal(err)
			}
			got := sightings[0].Fact.(fact.Attestations)
			if len(got.Unread) > 0 || got.Items[0].Document != scanner.Digest([]byte("x")) || got.Items[1].Document != scanner.Digest([]byte("y")) {
				t.Errorf("statements = %+v, want both documents", got)
			}
		})
	}
}

func TestObserveRefusesLinksOutOfTheFolder(t *testing.T) {
	outside := place(t, "outside.pdf", "secret")
	file := place(t, "a.yaml", "attestations:\n  - {topic: pssi-approval, date: 2026-03-14, role: RSSI, document: link.pdf}\n")
	if err := os.Symlink(outside, filepath.Join(filepath.Dir(file), "link.pdf")); err != nil {
		t.Fatal(err)
	}
	sightings, err := observe(t, file)
	if err != nil {
		t.Fatal(err)
	}
	if got := sightings[0].Fact.(fact.Attestations); len(got.Items) > 0 || len(got.Unread) != 1 {
		t.Errorf("statements = %+v, a link out of the folder was followed", got)
	}
}

func TestObserveRefusesAnotherEstablishment(t *testing.T) {
	other := scanner.Target{Kind: scanner.KindEstablishment, ID: "000000000"}
	if _, err := New("a.yaml", target).Observe(t.Context(), nil, other); err == nil {
		t.Error("another establishment was observed")
	}
}

func TestNothingPersonalComesOut(t *testing.T) {
	file := place(t, "a.yaml", `# kept by Zorglub
attestations:
  - {topic: crisis-exercise, date: 2026-03-14, role: RSSI, document: compte-rendu-Zorglub.pdf} # Zorglub
`, "compte-rendu-Zorglub.pdf", "signed by Zorglub")
	sightings, err := observe(t, file)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(sightings)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "Zorglub") {
		t.Errorf("a name came out: %s", raw)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("attestations:\n  - {topic: crisis-exercise, date: 2026-03-14, role: RSSI, document: e.pdf}\n"))
	f.Add([]byte("attestations: [{topic: pssi-approval, date: \"2026-03-14\", role: DG}]"))
	f.Add([]byte("attestations: *a"))
	f.Add([]byte("a: &a [*a, *a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		statements, void, err := parse(data)
		if err != nil {
			return
		}
		for i, s := range statements {
			if len(void[i]) > 0 {
				continue
			}
			if s.Role.text == "" || s.Date.Day.IsZero() || s.Topic.line == 0 {
				t.Errorf("an incomplete statement was accepted: %+v", s)
			}
		}
	})
}
