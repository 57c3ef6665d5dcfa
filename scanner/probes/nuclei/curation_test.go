// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// ofOperator writes a template of the operator and returns its text.
func ofOperator(t *testing.T, folder, id, more string) string {
	t.Helper()
	text := strings.Replace(strings.Replace(modest, "id: modest", "id: "+id, 1), "  tags: panel,login\n", more, 1)
	write(t, filepath.Join(folder, id+".yaml"), text)
	return text
}

func byID(p *Probe, id string) (Template, bool) {
	for _, t := range p.Templates() {
		if t.ID == id {
			return t, true
		}
	}
	return Template{}, false
}

func TestCurationNamesTemplates(t *testing.T) {
	c, err := curate()
	if err != nil {
		t.Fatal(err)
	}
	known, trusted := map[string]bool{}, 0
	for _, template := range newProbe(t, Options{}, "mute").Templates() {
		known[template.ID] = true
		if never(template.ID) != nil || curationOf(template.ID) == fact.Unreported {
			t.Errorf("%s: shipped, and not to be reported", template.ID)
		}
		if curationOf(template.ID) == "" {
			trusted++
		}
	}
	if trusted < 60 {
		t.Errorf("%d templates need no review", trusted)
	}
	for _, e := range c.Merge {
		for _, id := range append(e.Into, e.ID) {
			if !known[id] {
				t.Errorf("merge of %s: no template %s", e.ID, id)
			}
		}
	}
}

func TestCurationIsRefusedWithoutReason(t *testing.T) {
	for _, text := range []string{"never: [{id: a}]", "other: []", "never: [{fr: a, en: b}]", "review: [{id: '[', fr: a, en: b}]", "["} {
		if _, err := parseCuration([]byte(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestOperatorTemplatesAreCurated(t *testing.T) {
	folder := t.TempDir()
	ofOperator(t, folder, "thing-default-login", "")
	ofOperator(t, folder, "thing-detect", "")
	ofOperator(t, folder, "robots-txt-endpoint", "")
	ofOperator(t, folder, "CVE-2099-0001", "  classification: {cve-id: CVE-2099-0001}\n")
	ofOperator(t, folder, "CVE-2018-7600", "  classification: {cve-id: cve-2018-7600}\n")
	ofOperator(t, folder, "our-console", "  metadata: {carescan-group: gateway-console}\n")
	ofOperator(t, folder, "lost-group", "  metadata: {carescan-group: anything}\n")
	ofOperator(t, folder, "carescan-baseline-found-1", "")
	p := newProbe(t, Options{Folder: folder}, "mute")
	type curated struct {
		Group    string
		Curation fact.Curation
		KEV      bool
	}
	got := map[string]curated{}
	for _, id := range []string{"thing-detect", "robots-txt-endpoint", "CVE-2099-0001", "CVE-2018-7600", "our-console", "lost-group"} {
		template, _ := byID(p, id)
		got[id] = curated{template.Group, template.Curation, template.KEV}
	}
	want := map[string]curated{
		"thing-detect":        {GroupOperator, fact.NeedsReview, false},
		"robots-txt-endpoint": {GroupOperator, fact.Unreported, false},
		"CVE-2099-0001":       {fact.GroupVulnerability, "", false},
		"CVE-2018-7600":       {fact.GroupKnownExploited, "", true},
		"our-console":         {fact.GroupGatewayConsole, "", false},
		"lost-group":          {GroupOperator, "", false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("templates (-want +got):\n%s", diff)
	}
	var files []string
	for _, r := range p.Rejected() {
		files = append(files, r.File)
	}
	if diff := cmp.Diff([]string{"carescan-baseline-found-1.yaml", "thing-default-login.yaml"}, files); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
}

func TestConsolesOfExploitedProductsSaySo(t *testing.T) {
	p := newProbe(t, Options{}, "mute")
	for id, want := range map[string]bool{"fortigate": true, "stormshield": false, "git-head": false, "drupal-cve-2018-7600": true} {
		if template, ok := byID(p, id); !ok || template.KEV != want {
			t.Errorf("%s: exploited %v, want %v", id, template.KEV, want)
		}
	}
}

func TestPinnedFolderRunsOnlyWhatIsListed(t *testing.T) {
	folder := t.TempDir()
	kept := ofOperator(t, folder, "kept", "")
	ofOperator(t, folder, "changed", "")
	ofOperator(t, folder, "added", "")
	pins := filepath.Join(t.TempDir(), "templates.sha256")
	write(t, pins, fmt.Sprintf("%x  kept.yaml\n%x *./changed.yaml\n\n", sha256.Sum256([]byte(kept)), sha256.Sum256([]byte("before"))))
	p := newProbe(t, Options{Folder: folder, Pins: pins}, "mute")
	for id, want := range map[string]bool{"kept": true, "changed": false, "added": false} {
		if _, ok := byID(p, id); ok != want {
			t.Errorf("%s: accepted %v", id, ok)
		}
	}
	if _, err := New(Options{Program: Program{Path: "x"}, Folder: folder, Pins: filepath.Join(folder, "none")}); err == nil {
		t.Error("an absent list is accepted")
	}
}

// TestBigFolderIsSummedUp takes a folder of the size of a public collection.
func TestBigFolderIsSummedUp(t *testing.T) {
	folder := t.TempDir()
	post := strings.Replace(modest, "method: GET", "method: POST", 1)
	for i := range 700 {
		write(t, filepath.Join(folder, "http", fmt.Sprintf("good-%d.yaml", i)), strings.Replace(modest, "id: modest", fmt.Sprintf("id: good-%d", i), 1))
		write(t, filepath.Join(folder, "post", fmt.Sprintf("post-%d.yaml", i)), strings.Replace(post, "id: modest", fmt.Sprintf("id: post-%d", i), 1))
		write(t, filepath.Join(folder, "code", fmt.Sprintf("code-%d.yaml", i%300)), fmt.Sprintf("id: code-%d\ncode: []\n", i))
	}
	p := newProbe(t, Options{Folder: folder}, "mute")
	own := len(newProbe(t, Options{}, "mute").Templates())
	want := scanner.Text{
		FR: fmt.Sprintf("%d gabarits actifs, 1000 écartés : méthode (700), demande plus que lire des pages (300)", own+700),
		EN: fmt.Sprintf("%d templates run, 1000 left out: method (700), asks for more than reading pages (300)", own+700),
	}
	if diff := cmp.Diff(want, p.Summary()); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

func TestSummaryWithoutFolder(t *testing.T) {
	p := newProbe(t, Options{}, "mute")
	if got, want := p.Summary().FR, fmt.Sprintf("%d gabarits actifs, 0 écartés", len(p.Templates())); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPinsSavedByWindows(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	for name, saved := range map[string]string{
		"mark":   "\ufeff" + sum + " *a.yaml\r\n",
		"utf-16": "\xff\xfe" + strings.Join(strings.Split(sum+" *a.yaml\r\n", ""), "\x00") + "\x00",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pins")
			if err := os.WriteFile(file, []byte(saved), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := readPins(file); err != nil || !got.hold("a.yaml", "sha256:"+sum) {
				t.Errorf("pins = %v, %v", got, err)
			}
		})
	}
}

func FuzzParsePins(f *testing.F) {
	f.Add(strings.Repeat("ab", 32) + "  http/a.yaml\n")
	f.Add(strings.Repeat("ab", 32) + " *../a.yaml")
	f.Add("x  y")
	f.Fuzz(func(t *testing.T, text string) {
		pins, err := ParsePins(strings.NewReader(text))
		for name, digest := range pins {
			if err != nil || name == "" || len(digest) != 71 {
				t.Fatalf("kept %q for %q", digest, name)
			}
		}
	})
}

func FuzzParseCuration(f *testing.F) {
	f.Add(curationFile)
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = parseCuration(data) })
}
