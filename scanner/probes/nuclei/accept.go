// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// maxRequests is the most requests of one template.
const maxRequests = 20

// baseURL is the only expression a template may hold.
const baseURL = "{{BaseURL}}"

// refusedTags mark templates that do more than look (exposure-checks.md
// section 8): denial of service, fuzzing, credential tests, out-of-band calls.
var refusedTags = []string{
	"dos", "ddos", "fuzz", "fuzzing", "dast", "intrusive", "bruteforce", "brute-force", "default-login",
	"creds-stuffing", "credential-stuffing", "oast", "oob", "interactsh", "rce", "sqli", "ssrf", "xss", "lfi",
	"fileupload", "file-upload", "deserialization", "race", "ssti", "xxe", "traversal", "headless", "code", "js",
}

// acceptedHeaders may be set by a template. Others would lie about who asks,
// or try a credential.
var acceptedHeaders = []string{"accept", "accept-language"}

// acceptedMatchers only read the answer. The "dsl" type is left out because
// some of its functions use the network or wait.
var acceptedMatchers = []string{"word", "regex", "status", "size", "binary"}

var (
	templateID = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}$`)
	// pagePath is an address below the site; a query may follow.
	pagePath = regexp.MustCompile(`^\{\{BaseURL\}\}(?:[/?][!-~]*)?$`)
)

// document is what a template may say; any other word is refused. It is a list
// of what is accepted on purpose: raw requests, bodies, payloads, fuzzing, code,
// browsers, flows, variables and whatever a later engine invents stay out.
type document struct {
	ID               string    `yaml:"id"`
	Info             info      `yaml:"info"`
	HTTP             []request `yaml:"http"`
	StopAtFirstMatch bool      `yaml:"stop-at-first-match"`
}

type info struct {
	Name           string         `yaml:"name"`
	Author         any            `yaml:"author"`
	Tags           any            `yaml:"tags"`
	Severity       string         `yaml:"severity"`
	Description    string         `yaml:"description"`
	Impact         string         `yaml:"impact"`
	Remediation    string         `yaml:"remediation"`
	Reference      any            `yaml:"reference"`
	Classification map[string]any `yaml:"classification"`
	Metadata       map[string]any `yaml:"metadata"`
}

type request struct {
	Method            string            `yaml:"method"`
	Path              []string          `yaml:"path"`
	Headers           map[string]string `yaml:"headers"`
	HostRedirects     bool              `yaml:"host-redirects"`
	MaxRedirects      int               `yaml:"max-redirects"`
	MaxSize           int               `yaml:"max-size"`
	StopAtFirstMatch  bool              `yaml:"stop-at-first-match"`
	MatchersCondition string            `yaml:"matchers-condition"`
	Matchers          []matcher         `yaml:"matchers"`
	Extractors        []extractor       `yaml:"extractors"`
}

type matcher struct {
	Type            string   `yaml:"type"`
	Name            string   `yaml:"name"`
	Condition       string   `yaml:"condition"`
	Part            string   `yaml:"part"`
	Negative        bool     `yaml:"negative"`
	Status          []int    `yaml:"status"`
	Size            []int    `yaml:"size"`
	Words           []string `yaml:"words"`
	Regex           []string `yaml:"regex"`
	Binary          []string `yaml:"binary"`
	Encoding        string   `yaml:"encoding"`
	CaseInsensitive bool     `yaml:"case-insensitive"`
	MatchAll        bool     `yaml:"match-all"`
}

// extractor is accepted because many panel templates read a version with it;
// nothing else of what it extracts is kept (see version).
type extractor struct {
	Type            string   `yaml:"type"`
	Name            string   `yaml:"name"`
	Part            string   `yaml:"part"`
	Group           int      `yaml:"group"`
	Regex           []string `yaml:"regex"`
	KVal            []string `yaml:"kval"`
	JSON            []string `yaml:"json"`
	CaseInsensitive bool     `yaml:"case-insensitive"`
}

// ParseTemplate reads a template and refuses it unless all it does is to GET or
// HEAD pages of the site and read the answers.
func ParseTemplate(data []byte) (Template, error) {
	if len(data) > maxTemplate {
		return Template{}, refuse("fichier trop grand", "file too big")
	}
	// The engine replaces this comment by the content of another file.
	if bytes.Contains(data, []byte("!include")) {
		return Template{}, refuse("inclusion d'un autre fichier", "includes another file")
	}
	d, err := decodeDocument(data)
	if err != nil {
		return Template{}, err
	}
	if err := d.accept(); err != nil {
		return Template{}, err
	}
	return Template{
		ID: d.ID, Name: d.Info.Name, Title: d.Info.title(), Digest: scanner.Digest(data),
		Requests: d.requests(), Severity: d.Info.Severity, CVE: d.Info.cves(), Home: d.home(), Shared: d.shared(), Product: d.Info.product(),
		group: d.Info.group(), data: bytes.Clone(data),
	}, nil
}

func decodeDocument(data []byte) (document, error) {
	var d document
	var tree yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&tree); err != nil {
		return d, refuse("YAML illisible", "unreadable YAML").with(err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return d, refuse("plusieurs documents dans le fichier", "several documents in the file")
	}
	if err := acceptNode(&tree); err != nil {
		return d, err
	}
	strict := yaml.NewDecoder(bytes.NewReader(data))
	strict.KnownFields(true)
	if err := strict.Decode(&d); err != nil {
		return d, refuse("demande plus que lire des pages", "asks for more than reading pages").with(err)
	}
	return d, nil
}

// plainTags are the types that every YAML reader gives alike.
var plainTags = []string{"!!str", "!!int", "!!bool", "!!float", "!!null", "!!map", "!!seq", "!!timestamp", ""}

// acceptNode refuses what another YAML reader might understand otherwise, and
// every expression that the engine would evaluate.
func acceptNode(n *yaml.Node) error {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return refuse("alias YAML", "YAML alias")
	}
	if !slices.Contains(plainTags, n.ShortTag()) {
		return refuse("type YAML « %s »", "YAML type %q", n.ShortTag())
	}
	if rest := strings.ReplaceAll(n.Value, baseURL, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "§") {
		return refuse("expression calculée « %.60s »", "computed expression %.60q", n.Value)
	}
	for _, child := range n.Content {
		if err := acceptNode(child); err != nil {
			return err
		}
	}
	return nil
}

func (d document) accept() error {
	if !templateID.MatchString(d.ID) || d.Info.Name == "" || d.Info.Author == nil {
		return refuse("identifiant, nom ou auteur absent", "identifier, name or author missing")
	}
	for _, tag := range d.Info.tags() {
		if slices.Contains(refusedTags, tag) {
			return refuse("étiquette « %s » exclue", "excluded tag %q", tag)
		}
	}
	if n := d.requests(); n == 0 || n > maxRequests {
		return refuse("nombre de requêtes refusé (%d requêtes : de 1 à %d sont acceptées)", "number of requests refused (%d requests: 1 to %d are accepted)", n, maxRequests)
	}
	for _, r := range d.HTTP {
		if err := r.accept(); err != nil {
			return err
		}
	}
	return nil
}

func (d document) requests() int {
	n := 0
	for _, r := range d.HTTP {
		n += len(r.Path)
	}
	return n
}

func (r request) accept() error {
	if r.Method != "GET" && r.Method != "HEAD" {
		return refuse("méthode « %s » : seules GET et HEAD sont acceptées", "method %q: only GET and HEAD are accepted", r.Method)
	}
	for _, p := range r.Path {
		if !pagePath.MatchString(p) {
			return refuse("adresse « %s » hors du site", "address %q outside the site", p)
		}
	}
	for name := range r.Headers {
		if !slices.Contains(acceptedHeaders, strings.ToLower(name)) {
			return refuse("en-tête « %s » imposé", "header %q is set", name)
		}
	}
	if len(r.Path) == 0 || len(r.Matchers) == 0 {
		return refuse("requête sans adresse ou sans condition", "request without address or condition")
	}
	return r.acceptReading()
}

// acceptReading looks at how the answer is read.
func (r request) acceptReading() error {
	for _, m := range r.Matchers {
		if !slices.Contains(acceptedMatchers, m.Type) {
			return refuse("condition de type « %s »", "condition of type %q", m.Type)
		}
	}
	for _, e := range r.Extractors {
		if !slices.Contains([]string{"regex", "kval", "json"}, e.Type) {
			return refuse("extraction de type « %s »", "extraction of type %q", e.Type)
		}
	}
	return nil
}

// home says whether the template asks for the home page only.
func (d document) home() bool {
	for _, r := range d.HTTP {
		if slices.ContainsFunc(r.Path, func(p string) bool { return p != baseURL && p != baseURL+"/" }) {
			return false
		}
	}
	return true
}

// shared names the only request of the template, empty when it has several or
// when a condition reads one of several answers ("body_1"): templates of the
// same name can read one answer.
func (d document) shared() string {
	if len(d.HTTP) != 1 || len(d.HTTP[0].Path) != 1 {
		return ""
	}
	r := d.HTTP[0]
	if slices.ContainsFunc(r.Matchers, func(m matcher) bool { return strings.Contains(m.Part, "_") }) {
		return ""
	}
	return fmt.Sprintf("%s %s %v %t %d %d", r.Method, r.Path[0], r.Headers, r.HostRedirects, r.MaxRedirects, r.MaxSize)
}

// tags reads "a, b" as well as a list.
func (i info) tags() []string {
	var tags []string
	for _, word := range words(i.Tags) {
		for tag := range strings.SplitSeq(word, ",") {
			tags = append(tags, strings.ToLower(strings.TrimSpace(tag)))
		}
	}
	return tags
}

var cveID = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,10}$`)

// maxCVE bounds the vulnerabilities one template names.
const maxCVE = 10

// cves are the vulnerabilities the template recognises.
func (i info) cves() []string {
	var ids []string
	for _, word := range words(i.Classification["cve-id"]) {
		for id := range strings.SplitSeq(word, ",") {
			if id = strings.ToUpper(strings.TrimSpace(id)); cveID.MatchString(id) && len(ids) < maxCVE {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// group is the one the template asks for, when it is one of ours.
func (i info) group() string {
	group, _ := i.Metadata["carescan-group"].(string)
	if slices.Contains(fact.TemplateGroups(), group) {
		return group
	}
	return ""
}

// product is what the lists call the product it recognises, where the template
// says so.
func (i info) product() string {
	product, _ := i.Metadata["carescan-product"].(string)
	return printable(product, 60)
}

// maxTitle bounds what a person reads of a template, in bytes.
const maxTitle = 120

// title is the name in both languages, where the template gives it.
func (i info) title() scanner.Text {
	title := scanner.Text{FR: i.Name, EN: i.Name}
	if fr, ok := i.Metadata["name-fr"].(string); ok {
		title.FR = printable(fr, maxTitle)
	}
	if en, ok := i.Metadata["name-en"].(string); ok {
		title.EN = printable(en, maxTitle)
	}
	return title
}

func words(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, words(item)...)
		}
		return all
	}
	return nil
}
