// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// modest is a template that only looks.
const modest = `id: modest
info:
  name: Modest
  author: someone
  severity: info
  tags: panel,login
http:
  - method: GET
    path:
      - "{{BaseURL}}/login?next=%2F"
    host-redirects: true
    max-redirects: 2
    headers:
      Accept: text/html
    matchers-condition: and
    matchers:
      - type: word
        words: ["Modest"]
      - type: status
        status: [200]
    extractors:
      - type: regex
        regex: ["v([0-9.]+)"]
`

func TestParseTemplateAcceptsWhatOnlyLooks(t *testing.T) {
	got, err := ParseTemplate([]byte(modest))
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != "modest" || got.Name != "Modest" || got.Requests != 1 || !strings.HasPrefix(got.Digest, "sha256:") {
		t.Errorf("got %+v", got)
	}
}

func TestParseTemplateRefusesWhatDoesMore(t *testing.T) {
	_, after, _ := strings.Cut(modest, "    matchers-condition")
	conditions := "    matchers-condition" + after
	tests := map[string]struct{ old, new, want string }{
		"post":            {"method: GET", "method: POST", `method "POST": only GET and HEAD are accepted`},
		"no-method":       {"method: GET\n    path:", "path:", `method "": only GET and HEAD are accepted`},
		"payloads":        {"    matchers-condition", "    payloads: {a: [b]}\n    matchers-condition", "field payloads not found"},
		"raw":             {"    matchers-condition", "    raw: [\"POST / HTTP/1.1\"]\n    matchers-condition", "field raw not found"},
		"body":            {"    matchers-condition", "    body: a\n    matchers-condition", "field body not found"},
		"fuzzing":         {"    matchers-condition", "    fuzzing: [{part: query}]\n    matchers-condition", "field fuzzing not found"},
		"any-redirect":    {"host-redirects", "redirects", "field redirects not found"},
		"unsafe":          {"    matchers-condition", "    unsafe: true\n    matchers-condition", "field unsafe not found"},
		"headless":        {"http:\n", "headless:\n", "field headless not found"},
		"code":            {"http:\n", "code: [{engine: [sh], source: id}]\nhttp:\n", "field code not found"},
		"javascript":      {"http:\n", "javascript: [{code: x}]\nhttp:\n", "field javascript not found"},
		"file":            {"http:\n", "file: [{extensions: [all]}]\nhttp:\n", "field file not found"},
		"dns":             {"http:\n", "dns: [{name: x}]\nhttp:\n", "field dns not found"},
		"flow":            {"http:\n", "flow: http(1)\nhttp:\n", "field flow not found"},
		"variables":       {"http:\n", "variables: {a: b}\nhttp:\n", "field variables not found"},
		"workflow":        {"http:\n", "workflows: [{template: x}]\nhttp:\n", "field workflows not found"},
		"self-contained":  {"http:\n", "self-contained: true\nhttp:\n", "field self-contained not found"},
		"old-requests":    {"http:\n", "requests:\n", "field requests not found"},
		"tag":             {"panel,login", "panel, Fuzz", `excluded tag "fuzz"`},
		"tag-list":        {"panel,login", "[panel, default-login]", `excluded tag "default-login"`},
		"other-host":      {"{{BaseURL}}/login", "https://evil.example/login", "outside the site"},
		"host-suffix":     {"{{BaseURL}}/login", "{{BaseURL}}.evil.example/", "outside the site"},
		"host-user":       {"{{BaseURL}}/login", "{{BaseURL}}@evil.example/", "outside the site"},
		"interactsh":      {"{{BaseURL}}/login", "{{BaseURL}}/?u={{interactsh-url}}", "computed expression"},
		"escaped-braces":  {"[\"Modest\"]", `["\x7b\x7bresolve('a.example')}}"]`, "computed expression"},
		"other-marker":    {"[\"Modest\"]", `["§resolve§"]`, "computed expression"},
		"host-header":     {"Accept: text/html", "Host: other", `header "Host" is set`},
		"credential":      {"Accept: text/html", "Authorization: Basic YTpi", `header "Authorization" is set`},
		"dsl":             {"- type: word\n        words: [\"Modest\"]", "- type: dsl", `condition of type "dsl"`},
		"dsl-field":       {"words: [\"Modest\"]", "words: [\"Modest\"]\n        dsl: [\"jarm(Host)\"]", "field dsl not found"},
		"dsl-extractor":   {"- type: regex", "- type: dsl", `extraction of type "dsl"`},
		"include":         {"http:\n", "# !include:/etc/passwd.yaml\nhttp:\n", "includes another file"},
		"alias":           {"author: someone", "author: &a someone\n  reference: *a", "YAML alias"},
		"binary":          {"name: Modest", "name: !!binary e3t4fX0=", `YAML type "!!binary"`},
		"custom-type":     {"name: Modest", "name: !secret a", `YAML type "!secret"`},
		"two-documents":   {"id: modest", "id: modest\n---\nid: other", "several documents"},
		"no-author":       {"author: someone", "severity: low", "already defined"},
		"bad-id":          {"id: modest", "id: ../../etc", "identifier, name or author missing"},
		"no-condition":    {conditions, "", "without address or condition"},
		"no-path":         {"\"{{BaseURL}}/login?next=%2F\"", "", "0 requests"},
		"not-yaml":        {"id: modest", "\tid", "unreadable YAML"},
		"many-requests":   {"      - \"{{BaseURL}}/login?next=%2F\"\n", strings.Repeat("      - \"{{BaseURL}}/a\"\n", 21), "21 requests: 1 to 20 are accepted"},
		"too-big":         {"id: modest", strings.Repeat("#\n", maxTemplate) + "id: modest", "file too big"},
		"request-threads": {"    matchers-condition", "    threads: 50\n    matchers-condition", "field threads not found"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			altered := strings.Replace(modest, test.old, test.new, 1)
			if altered == modest {
				t.Fatal("the case changes nothing")
			}
			_, err := ParseTemplate([]byte(altered))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want one with %q", err, test.want)
			}
			// What the YAML library answered is English: it stands apart from both sentences.
			r := rejection("x.yaml", err)
			if r.Reason.FR == "" || r.Reason.FR == r.Reason.EN || strings.Contains(r.Reason.FR+r.Reason.EN, "yaml:") {
				t.Errorf("reason is not told in French: %+v", r)
			}
			if library := strings.Contains(err.Error(), "yaml: "); library != strings.Contains(r.Detail, "yaml: ") {
				t.Errorf("detail %q of error %v", r.Detail, err)
			}
		})
	}
}

func TestFolderKeepsOnlyWhatOnlyLooks(t *testing.T) {
	folder := t.TempDir()
	files := map[string]string{
		"good.yaml":        modest,
		"sub/again.yml":    modest,
		"sub/post.yaml":    strings.Replace(strings.Replace(modest, "GET", "POST", 1), "id: modest", "id: poster", 1),
		"taken.yaml":       strings.Replace(modest, "id: modest", "id: grafana", 1),
		"notes.txt":        "not a template",
		"zz-too-big.yaml":  strings.Repeat("#", maxTemplate+1),
		"sub/~broken.yaml": "{",
	}
	for name, text := range files {
		write(t, filepath.Join(folder, name), text)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(folder, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	p := newProbe(t, Options{Folder: folder}, "mute")
	last := p.Templates()[len(p.Templates())-1]
	if last.ID != "modest" || last.Group != GroupOperator {
		t.Errorf("last template is %s of group %s", last.ID, last.Group)
	}
	var rejected []string
	for _, r := range p.Rejected() {
		rejected = append(rejected, r.File)
	}
	want := []string{"link.yaml", "sub/again.yml", "sub/post.yaml", "sub/~broken.yaml", "taken.yaml", "zz-too-big.yaml"}
	if diff := cmp.Diff(want, rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNewNeedsTheFolderItIsGiven(t *testing.T) {
	if _, err := New(Options{Program: Program{Path: "x"}, Folder: filepath.Join(t.TempDir(), "absent")}); err == nil {
		t.Error("an absent folder is accepted")
	}
	if _, err := New(Options{}); err == nil {
		t.Error("an absent command is accepted")
	}
}

func TestOwnTemplatesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, template := range newProbe(t, Options{}, "mute").Templates() {
		var d document
		if err := yaml.Unmarshal(template.data, &d); err != nil {
			t.Fatal(err)
		}
		if seen[template.ID] {
			t.Errorf("%s: identifier used twice", template.ID)
		}
		seen[template.ID] = true
		if d.Info.Metadata["carescan-group"] != template.Group {
			t.Errorf("%s: metadata say group %v, folder says %s", template.ID, d.Info.Metadata["carescan-group"], template.Group)
		}
		if template.Title.FR == template.Name || template.Title.EN == template.Name || len(words(d.Info.Reference)) == 0 {
			t.Errorf("%s: a French name, an English name or a reference is missing", template.ID)
		}
		for _, r := range d.HTTP {
			if len(r.Matchers) < 2 || r.MatchersCondition != "and" {
				t.Errorf("%s: at least two conditions must hold together", template.ID)
			}
		}
	}
}

func FuzzParseTemplate(f *testing.F) {
	f.Add([]byte(modest))
	for _, seed := range []string{"", "id: a", "- a", "? a", "a: &a [*a]", "!!binary x", "{{BaseURL}}", "a: 1\n---\nb: 2", "id: {{randstr}}"} {
		f.Add([]byte(seed))
	}
	templates, err := ownTemplates()
	if err != nil {
		f.Fatal(err)
	}
	for _, t := range templates {
		f.Add(t.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParseTemplate(data)
		if err != nil {
			return
		}
		var d document
		if err := yaml.Unmarshal(data, &d); err != nil {
			t.Fatalf("accepted what cannot be read: %v", err)
		}
		for _, r := range d.HTTP {
			if r.Method != "GET" && r.Method != "HEAD" {
				t.Fatalf("accepted the method %q", r.Method)
			}
			for _, p := range r.Path {
				if rest, ok := strings.CutPrefix(p, baseURL); !ok || (rest != "" && rest[0] != '/' && rest[0] != '?') {
					t.Fatalf("accepted the address %q", p)
				}
			}
		}
		if got.Requests < 1 || got.Requests > maxRequests || got.ID != d.ID {
			t.Fatalf("accepted %+v", got)
		}
	})
}
