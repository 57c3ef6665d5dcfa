// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bufio"
	"maps"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"carescan/scanner/fact"
	"carescan/scanner/probes/nuclei"
)

const pagesFolder = "../testdata/pages"

// shown is what one template is shown: a page it recognises, or one that looks
// like it and is something else.
type shown struct {
	file     string
	template string
	hit      bool
	pages    tree
}

// readShown reads testdata/pages/<template>/{hit,miss}*.txtar: one file per
// address, whose first line is the status, then headers, an empty line, the body.
func readShown(t *testing.T) []shown {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(pagesFolder, "*", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var all []shown
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := shown{
			file: strings.TrimPrefix(file, pagesFolder+"/"), template: filepath.Base(filepath.Dir(file)),
			hit: strings.HasPrefix(filepath.Base(file), "hit"), pages: tree{},
		}
		for _, f := range archive.Files {
			s.pages[f.Name] = readPage(t, f)
		}
		all = append(all, s)
	}
	return all
}

func readPage(t *testing.T, f txtar.File) page {
	t.Helper()
	reader := bufio.NewReader(strings.NewReader(string(f.Data)))
	line, _ := reader.ReadString('\n')
	status, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("page %s: %v", f.Name, err)
	}
	header, err := textproto.NewReader(reader).ReadMIMEHeader()
	if err != nil {
		t.Fatalf("page %s: %v", f.Name, err)
	}
	_, body, _ := strings.Cut(string(f.Data), "\n\n")
	body = strings.TrimSuffix(body, "\n")
	if body == "@gzip" { // bytes that a text file cannot hold
		body = "\x1f\x8b\x08\x00"
	}
	return page{f.Name, status, http.Header(header), body}
}

// site joins what several templates are shown, where no address is the same:
// far fewer workers are started.
type joined struct {
	parts []shown
	pages tree
}

func join(all []shown) []joined {
	var sites []joined
	for _, s := range all {
		i := slices.IndexFunc(sites, func(j joined) bool { return j.takes(s) })
		if i < 0 {
			i = len(sites)
			sites = append(sites, joined{pages: tree{}})
		}
		sites[i].parts = append(sites[i].parts, s)
		maps.Copy(sites[i].pages, s.pages)
	}
	return sites
}

// takes says whether a page can be added: no address is taken, and no other
// page of the same template is here.
func (j joined) takes(s shown) bool {
	for path := range s.pages {
		if _, taken := j.pages[path]; taken {
			return false
		}
	}
	return !slices.ContainsFunc(j.parts, func(other shown) bool { return other.template == s.template || other.hit != s.hit })
}

// also lists the templates that rightly recognise the page of another one.
var also = map[string][]string{
	"directory-listing-sensitive": {"directory-listing"},
	"grafana-cve-2021-43798":      {"grafana"},
	"jenkins-cve-2024-23897":      {"jenkins"},
	"spring-actuator-heapdump":    {"spring-actuator"},
}

func (j joined) want() []string {
	ids := []string{}
	for _, p := range j.parts {
		if p.hit {
			ids = append(append(ids, p.template), also[p.template]...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// owns says whether a template may match at an address of the site.
func (j joined) owns(r fact.TemplateRun) bool {
	return slices.ContainsFunc(j.parts, func(s shown) bool {
		_, known := s.pages[strings.SplitN(strings.TrimPrefix(r.URL, siteURL), "?", 2)[0]]
		return known && (s.template == r.ID || slices.Contains(also[s.template], r.ID))
	})
}

func TestTemplatesRecogniseTheirPagesOnly(t *testing.T) {
	p := newProbe(t, nuclei.Options{})
	all := readShown(t)
	for _, template := range p.Templates() {
		for _, hit := range []bool{true, false} {
			if !slices.ContainsFunc(all, func(s shown) bool { return s.template == template.ID && s.hit == hit }) {
				t.Errorf("%s: a page it recognises or one it must not is missing", template.ID)
			}
		}
	}
	for _, site := range join(all) {
		t.Run(strings.ReplaceAll(site.parts[0].file, "/", "_"), func(t *testing.T) {
			seen, sighting := observe(t, p, serve(t, site.pages), siteTarget)
			got := matches(seen)
			slices.Sort(got)
			if diff := cmp.Diff(site.want(), got); diff != "" {
				t.Errorf("matches (-want +got):\n%s", diff)
			}
			for _, r := range seen.Ran {
				if r.Matched && !site.owns(r) {
					t.Errorf("%s: matched at %s, the page of another template", r.ID, r.URL)
				}
			}
			if len(sighting.Missing) > 0 || seen.Error != "" || seen.SoftNotFound || seen.Blocked {
				t.Errorf("missing %q, error %q, soft %v, blocked %v", sighting.Missing.Detail(), seen.Error, seen.SoftNotFound, seen.Blocked)
			}
		})
	}
}

// TestPagesBelongToATemplate finds pages whose template was renamed or removed.
func TestPagesBelongToATemplate(t *testing.T) {
	known := map[string]bool{}
	for _, template := range newProbe(t, nuclei.Options{}).Templates() {
		known[template.ID] = true
	}
	folders, err := os.ReadDir(pagesFolder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !known[f.Name()] {
			t.Errorf("%s: no such template", f.Name())
		}
	}
}
