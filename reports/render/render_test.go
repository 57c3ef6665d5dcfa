// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"bytes"
	"mime"
	"net/netip"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/reports/internal/example"
	"carescan/reports/render"
	"carescan/scanner"
)

func TestOrderIsThatOfTheHelp(t *testing.T) {
	if diff := cmp.Diff([]string{"table", "json", "html", "csv", "dossier"}, render.IDs()); diff != "" {
		t.Errorf("formats (-want +got):\n%s", diff)
	}
}

func TestEveryFormatIsWhole(t *testing.T) {
	document, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]bool{}
	for _, f := range render.All() {
		t.Run(f.ID, func(t *testing.T) {
			if found, ok := render.ByID(f.ID); !ok || found.File != f.File {
				t.Errorf("it is not found by its word")
			}
			if _, _, err := mime.ParseMediaType(f.MediaType); err != nil {
				t.Errorf("media type %q: %v", f.MediaType, err)
			}
			for _, l := range scanner.Langs() {
				if f.Title.In(l) == "" {
					t.Errorf("no title in %s", l)
				}
				if name := f.File.In(l); name != "" && (files[name] || path.Base(name) != name || !strings.Contains(name, ".")) {
					t.Errorf("file name %q is taken, or is no file name", name)
				}
				files[f.File.In(l)] = true
				var page bytes.Buffer
				if err := f.Write(&page, document, l); err != nil || page.Len() == 0 {
					t.Errorf("in %s: %d bytes, %v", l, page.Len(), err)
				}
			}
		})
	}
}

func TestUnknownFormat(t *testing.T) {
	if f, ok := render.ByID("pdf-of-old"); ok {
		t.Errorf("found %v", f)
	}
}

// TestProvidersAreShown wants the third parties that were met beside the scope.
func TestProvidersAreShown(t *testing.T) {
	document, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	document.Run.Scope.Providers = scanner.Providers{
		Names: []string{"ns1.provider.example", "*.filter.example"}, Ranges: []netip.Prefix{netip.MustParsePrefix("198.51.100.53/32")},
	}
	for id, want := range map[string]string{
		"table": "ns1.provider.example, *.filter.example, 198.51.100.53",
		"html":  "prestataires, rencontrés en simple client\u00a0: ns1.provider.example, *.filter.example, 198.51.100.53",
		"json":  `"198.51.100.53/32"`,
	} {
		f, _ := render.ByID(id)
		var page bytes.Buffer
		if err := f.Write(&page, document, scanner.French); err != nil || !strings.Contains(page.String(), want) {
			t.Errorf("%s does not show %q: %v", id, want, err)
		}
	}
}
