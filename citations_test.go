// SPDX-License-Identifier: Apache-2.0

package carescan_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// citing are the files that may cite a page or a decision: code, pages of
// checks, catalogs, documents.
var citing = []string{".go", ".md", ".yaml", ".yml", ".sh", ".gohtml"}

// silent are the folders whose files cite nothing of ours: their words are data,
// or copies of what stands elsewhere.
var silent = []string{".git", "testdata", "docs/checks", "docs/dependencies"}

// foreign are the documents that name files of other projects.
var foreign = []string{"docs/codestyle.md", "docs/reference/"}

func isForeign(file string) bool {
	return slices.ContainsFunc(foreign, func(f string) bool { return strings.HasPrefix(file, f) })
}

// paper is a document that can be cited.
type paper struct {
	text     string
	sections map[string]bool // by number: "1.2", "14 bis"
	titles   []string
}

var (
	numbered = regexp.MustCompile(`(?m)^#+ (\d+(?:\.\d+)*(?: bis)?)[. ]`)
	titled   = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

func readPaper(t *testing.T, file string) paper {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := paper{text: string(raw), sections: map[string]bool{}}
	for _, m := range numbered.FindAllStringSubmatch(p.text, -1) {
		p.sections[m[1]] = true
	}
	for _, m := range titled.FindAllStringSubmatch(p.text, -1) {
		p.titles = append(p.titles, m[1])
	}
	return p
}

// library is every document of docs and docs/reference, by file name.
func library(t *testing.T) map[string]paper {
	t.Helper()
	papers := map[string]paper{}
	for _, pattern := range []string{"docs/*.md", "docs/reference/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			papers[path.Base(file)] = readPaper(t, file)
		}
	}
	return papers
}

// A citation names a page, then a place in it: "page.md section 1.2", "page.md
// sections 1.1 and 1.4", "page.md, Title", "page.md, EXP-SVC-09".
var (
	pageCited     = regexp.MustCompile("([a-z][a-z0-9-]*\\.(?:md|yaml))`?(?:,? sections? ((?:\\d+(?:\\.\\d+)*(?: bis)?(?:, | and | to |–)?)+)|, ([A-Z][^,.;:()|`]*)| (\\d+(?:\\.\\d+)*)\\b)")
	sectionNumber = regexp.MustCompile(`\d+(?:\.\d+)*(?: bis)?`)
	decisionCited = regexp.MustCompile(`decision (\d+) of the architecture`)
	decisionMade  = regexp.MustCompile(`(?m)^(\d+)\. \*\*`)
	recordCited   = regexp.MustCompile(`(?:ADR |docs/adr/)(\d{4})`)
	rowCited      = regexp.MustCompile(`\b((?:EXP-(?:DNS|MAIL|TLS|HTTP|SVC|VULN)|MFA|HDS|AD)-\d{2})\b`)
	catalogue     = regexp.MustCompile(`(?:(?:exposure catalogue|catalogue d'exposition),? \(?section |\bEXP-)(\d+(?:\.\d+)*)`)
	pathCited     = regexp.MustCompile(`\bdocs/[A-Za-z0-9_./-]+\.(?:md|json|yaml|txt)\b`)
)

// TestCitationsLeadSomewhere follows every citation of a document, a section, a
// decision or a line of a catalogue.
func TestCitationsLeadSomewhere(t *testing.T) {
	papers := library(t)
	decisions := map[string]bool{}
	for _, m := range decisionMade.FindAllStringSubmatch(papers["architecture.md"].text, -1) {
		decisions[m[1]] = true
	}
	records, err := filepath.Glob("docs/adr/[0-9]*.md")
	if err != nil {
		t.Fatal(err)
	}
	followed := 0
	for file, text := range citingFiles(t) {
		complain := func(format string, args ...any) { t.Errorf(file+": "+format, args...) }
		for _, m := range pageCited.FindAllStringSubmatch(text, -1) {
			cited, known := papers[m[1]]
			if !known && m[2]+m[3] != "" && !isForeign(file) {
				complain("there is no document %s", m[1])
			}
			if !known {
				continue // a file of another project, or of a test
			}
			followed++
			if m[4] != "" {
				complain("write %q as %q", m[0], fmt.Sprintf("%s section %s", m[1], m[4]))
			}
			for _, number := range sectionNumber.FindAllString(m[2], -1) {
				if !cited.sections[number] {
					complain("%s has no section %s", m[1], number)
				}
			}
			place := strings.TrimSpace(m[3])
			begins := func(title string) bool { return strings.HasPrefix(place, title) }
			if place != "" && !slices.ContainsFunc(cited.titles, begins) && !strings.Contains(cited.text, "| "+place+" |") {
				complain("%s has neither a title nor a row %q", m[1], place)
			}
		}
		for _, m := range decisionCited.FindAllStringSubmatch(text, -1) {
			followed++
			if !decisions[m[1]] {
				complain("the architecture has no decision %s", m[1])
			}
		}
		for _, m := range recordCited.FindAllStringSubmatch(text, -1) {
			followed++
			if !slices.ContainsFunc(records, func(r string) bool { return strings.HasPrefix(path.Base(r), m[1]+"-") }) {
				complain("there is no decision record %s", m[1])
			}
		}
		for _, m := range rowCited.FindAllStringSubmatch(text, -1) {
			followed++
			row := "| " + m[1] + " |"
			if !strings.Contains(papers["exposure-checks.md"].text, row) && !strings.Contains(papers["identity-directory-hds.md"].text, row) {
				complain("no catalogue of docs/reference has a line %s", m[1])
			}
		}
		for _, m := range catalogue.FindAllStringSubmatch(text, -1) {
			followed++
			if !papers["exposure-checks.md"].sections[m[1]] {
				complain("the exposure catalogue has no section %s", m[1])
			}
		}
		for _, cited := range pathCited.FindAllString(text, -1) {
			if isForeign(file) {
				continue
			}
			followed++
			if _, err := os.Stat(cited); err != nil {
				complain("it names %s, which is not there", cited)
			}
		}
	}
	if followed < 200 {
		t.Errorf("%d citations were followed: the forms are no longer recognised", followed)
	}
}

// linked is a link to a file or a folder of ours, or to a title.
var (
	linked = regexp.MustCompile(`\]\(([^)#:\s]*)(?:#([^)]*))?\)`)
	fenced = regexp.MustCompile("(?s)\n```.*?\n```")
)

// TestLinksLeadSomewhere follows the links between our own documents, down to the
// title they name.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, file := range markdown(t) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range linked.FindAllStringSubmatch(fenced.ReplaceAllString(string(raw), ""), -1) {
			to := file
			if m[1] != "" {
				to = path.Join(readIn(file), m[1])
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s, which is not there", file, to)
				continue
			}
			if m[2] == "" {
				continue
			}
			named := func(title string) bool { return anchor(title) == m[2] }
			if !slices.ContainsFunc(readPaper(t, to).titles, named) {
				t.Errorf("%s links to the title %q of %s, which is not there", file, m[2], to)
			}
		}
	}
}

// readIn is the folder in which a page is read: that of the page, but for the
// sources of pages, which the generator puts with the others.
func readIn(file string) string {
	if ok, _ := path.Match("scanner/probes/*/model.*.md", file); ok {
		return "docs/files"
	}
	return path.Dir(file)
}

var notInAnchor = regexp.MustCompile(`[^\pL\pN _-]`)

// anchor is the name by which a link leads to a title.
func anchor(title string) string {
	return strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(title), ""), " ", "-")
}

func markdown(t *testing.T) []string {
	t.Helper()
	var files []string
	walk(t, []string{".git", "testdata"}, func(file string) {
		if path.Ext(file) == ".md" {
			files = append(files, file)
		}
	})
	return files
}

// joint is where a line of a comment or of a paragraph goes on.
var joint = regexp.MustCompile(`\n[ \t]*(?://|#|\*|>)?[ \t]*`)

// citingFiles returns the text of every file that may cite, its lines joined: a
// citation may run over the end of one.
func citingFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	walk(t, silent, func(file string) {
		if !slices.Contains(citing, path.Ext(file)) || strings.HasSuffix(file, "_gen.go") || file == "citations_test.go" {
			return
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		files[file] = joint.ReplaceAllString(string(raw), " ")
	})
	return files
}

// walk visits every file, but for those of folders left out by path or by name.
func walk(t *testing.T, leftOut []string, visit func(file string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file = filepath.ToSlash(file)
		switch {
		case d.IsDir() && (slices.Contains(leftOut, file) || slices.Contains(leftOut, d.Name())):
			return fs.SkipDir
		case !d.IsDir():
			visit(file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// listed is a row of the table of decision records.
var listed = regexp.MustCompile(`(?m)^\| \[(\d{4})\]\(([^)]+)\) \| (.+) \|$`)

// TestDecisionsAreListed holds docs/adr/README.md to the records: each once, in
// order, under its own title.
func TestDecisionsAreListed(t *testing.T) {
	records, err := filepath.Glob("docs/adr/[0-9]*.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, record := range records { // in order: Glob sorts
		name := path.Base(record)
		want = append(want, fmt.Sprintf("%s %s %s", name[:4], name, readPaper(t, record).titles[0]))
	}
	for _, m := range listed.FindAllStringSubmatch(readPaper(t, "docs/adr/README.md").text, -1) {
		got = append(got, strings.Join(m[1:], " "))
	}
	if !slices.Equal(want, got) {
		t.Errorf("docs/adr/README.md lists\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
