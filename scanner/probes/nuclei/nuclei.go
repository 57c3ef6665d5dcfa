// SPDX-License-Identifier: Apache-2.0

// Package nuclei recognises, on a declared web site, pages that should not be
// seen from where we look: administration interfaces and health applications.
//
// The template engine itself is heavy and talkative, so it never runs here. It
// works in a process of its own (package worker, the only one that imports
// it), which looks at several sites at once and ends when none is under way
// (type workshop). The two sides speak so:
//
//	parent → worker, standard input:  one Plan as a line of JSON, then an Order, a
//	                                  line each, as sites come. The input then
//	                                  stays open; its end means that nobody waits
//	                                  for an answer, and the worker ends at once.
//	worker → parent, standard output: lines of JSON, each one Line. The first
//	                                  names the engine. Those of a site carry its
//	                                  number: one per template of the order,
//	                                  those that share a request together, then
//	                                  "done".
//	worker → site:                    HTTP CONNECT (RFC 9110 section 9.3.6) over
//	                                  the local socket named by the order, with
//	                                  the secret of the order. The parent dials
//	                                  through the scope guard, which resolves the
//	                                  name, and leads to the host of that site
//	                                  only. The worker has no other way out.
//	worker → parent, same socket:     POST to PermitPath before each request,
//	                                  redirects and second tries included. The
//	                                  answer comes when the pace that all looks
//	                                  share lets the request go.
//
// A template is sent as bytes with its hash; the worker hashes again, judges
// again what the template asks for (ParseTemplate), and runs nothing else.
package nuclei

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/lists"
	"carescan/scanner/settings"
)

// GroupOperator is the group of the templates of the operator's folder.
const GroupOperator = "operator"

// The limits used when the options say nothing.
const (
	defaultMemory  = 512 << 20
	defaultTimeout = 20 * time.Minute
	// defaultConnections is what the other probes leave of the thirty hellos of a port: a
	// random address, which tells whether the site answers, and the home page.
	defaultConnections = 2
)

// Options say how the worker is started and how much it may use.
type Options struct {
	Program     Program                     // the worker
	Folder      string                      // templates of the operator; optional
	Pins        string                      // their hashes, as sha256sum writes them: others are left out; optional
	KEVFile     string                      // list of exploited vulnerabilities of CISA; the embedded table by default
	Portals     map[string]fact.Declaration // declared portals, by "host:port"
	MemoryLimit int64                       // bytes the worker may allocate, all sites together; 512 MiB by default
	Timeout     time.Duration               // for one site; twenty minutes by default
	Connections int                         // TLS, to a site that keeps none; two by default
}

func (o Options) withDefaults() Options {
	if o.MemoryLimit <= 0 {
		o.MemoryLimit = defaultMemory
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Connections <= 0 {
		o.Connections = defaultConnections
	}
	if o.Program.Args == nil {
		o.Program.Args = []string{Work}
	}
	return o
}

// Probe looks at a site with templates.
type Probe struct {
	options   Options
	templates []Template
	rejected  []Rejection
	shop      *workshop
	turns     *turns
	mu        sync.Mutex
	matched   map[string][]string // what the last first look at each site recognised
}

var _ scanner.Probe = (*Probe)(nil)

// New reads the templates of the product and of the operator. A template of
// the operator that asks for more than looking is left out: see Rejected.
func New(o Options) (*Probe, error) {
	if o.Program.Path == "" {
		return nil, errors.New("start the template engine: no program is given")
	}
	if err := checkCuration(); err != nil {
		return nil, err
	}
	templates, err := ownTemplates()
	if err != nil {
		return nil, err
	}
	p := &Probe{options: o.withDefaults(), templates: templates, turns: newTurns(), matched: map[string][]string{}}
	if err := p.addFolder(); err != nil {
		return nil, err
	}
	p.shop = newWorkshop(p.options, p.templates)
	return p, p.describe()
}

// addFolder adds the templates of the operator.
func (p *Probe) addFolder() error {
	if p.options.Folder == "" {
		return nil
	}
	pinned, err := readPins(p.options.Pins)
	if err != nil {
		return err
	}
	f, err := readFolder(p.options.Folder, pinned, p.templates)
	if err != nil {
		return err
	}
	p.templates, p.rejected = append(p.templates, f.accepted...), f.rejected
	return nil
}

// describe adds what the lists and the curation say of each template. One of
// the operator that recognises a flaw is judged with those of the product.
func (p *Probe) describe() error {
	book, err := lists.Open(p.options.KEVFile, "")
	if err != nil {
		return err
	}
	for i := range p.templates {
		t := &p.templates[i]
		t.Curation = curationOf(t.ID)
		t.KEV = slices.ContainsFunc(t.CVE, func(id string) bool { listed, _ := book.Holds(id); return listed })
		t.Group = regroup(*t)
		// A console says nothing of its version: what counts is the product.
		t.KEV = t.KEV || len(t.CVE) == 0 && book.Exploited(t.Product)
	}
	return nil
}

// regroup puts the flaws that are known to be exploited together, and judges
// those of the operator with ours.
func regroup(t Template) string {
	flaw := t.Group == fact.GroupVulnerability || t.Group == GroupOperator && len(t.CVE) > 0
	switch {
	case flaw && t.KEV:
		return fact.GroupKnownExploited
	case flaw:
		return fact.GroupVulnerability
	}
	return t.Group
}

// Templates lists what would run, in order.
func (p *Probe) Templates() []Template { return slices.Clone(p.templates) }

// Rejected lists the templates of the operator that will never run, and why.
func (p *Probe) Rejected() []Rejection { return slices.Clone(p.rejected) }

// Summary says in one sentence how many templates run, and why others do not,
// the five most frequent reasons first.
func (p *Probe) Summary() scanner.Text {
	counts := map[scanner.Text]int{}
	for _, r := range p.rejected {
		counts[r.Kind]++
	}
	kinds := slices.SortedFunc(maps.Keys(counts), func(a, b scanner.Text) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.EN, b.EN))
	})
	var fr, en []string
	for _, kind := range kinds[:min(len(kinds), 5)] {
		fr = append(fr, fmt.Sprintf("%s (%d)", kind.FR, counts[kind]))
		en = append(en, fmt.Sprintf("%s (%d)", kind.EN, counts[kind]))
	}
	return scanner.Text{
		FR: strings.TrimSuffix(fmt.Sprintf("%d gabarits actifs, %d écartés : %s", len(p.templates), len(p.rejected), strings.Join(fr, ", ")), " : "),
		EN: strings.TrimSuffix(fmt.Sprintf("%d templates run, %d left out: %s", len(p.templates), len(p.rejected), strings.Join(en, ", ")), ": "),
	}
}

// Name is what plans call the probe.
const Name = "nuclei"

// Name is the word used in plans.
func (p *Probe) Name() string { return Name }

// TargetKind says that it looks at web sites.
func (p *Probe) TargetKind() scanner.TargetKind { return scanner.KindSite }

// Facts names what it brings back.
func (p *Probe) Facts() []string { return []string{fact.Templates{}.FactKind()} }

// Needs counts every request twice, because a failed one is tried again once,
// and twice more for the templates that matched (see confirm). A usual site
// answers at once and matches little: it costs Requests.
func (p *Probe) Needs() scanner.Needs {
	requests := 4 * p.Requests()
	needs := scanner.Needs{
		Contacts: []scanner.Contact{scanner.ContactTarget},
		AtOnce:   sitesAtOnce,
		Load:     scanner.Load{Connections: requests, Requests: requests},
		Files: []scanner.File{{
			Key: Section.Name + ".program", Path: p.options.Program.Path, Optional: true,
			Parse: func(context.Context) error { return p.options.Program.Verify() },
		}},
	}
	if p.options.Folder != "" { // New has read both
		needs.Files = append(needs.Files,
			scanner.File{
				Key: Section.Name + ".folder", Path: p.options.Folder, Optional: true,
				Parse: func(context.Context) error { return p.leftOut() },
			},
			scanner.File{Key: Section.Name + ".pins", Path: p.options.Pins})
	}
	return needs
}

// leftOut tells that templates of the operator will never run.
func (p *Probe) leftOut() error {
	if len(p.rejected) == 0 {
		return nil
	}
	fault := settings.Fault{
		What: p.Summary(),
		Hint: settings.Say("corrigez ou retirez les gabarits écartés, et leur empreinte", "correct or remove the templates left out, and their hash"),
	}
	if at := slices.IndexFunc(p.rejected, func(r Rejection) bool { return r.Detail != "" }); at >= 0 {
		fault.Detail = p.rejected[at].File + ": " + p.rejected[at].Detail // one shows the kind
	}
	return settings.Faults{fault}
}

// Requests is what a site that answers and where nothing matches is asked: the
// random addresses, then each request once, however many templates read the
// answer.
func (p *Probe) Requests() int {
	requests, shared := baselineRequests, map[string]bool{}
	for _, t := range p.templates {
		if t.Shared == "" || !shared[t.Shared] {
			requests += t.Requests
		}
		shared[t.Shared] = true
	}
	return requests
}

// Observe runs every template on a site, beside the sites under way; those of one
// address go one after the other. A look that confirms another asks again only for
// what that one recognised.
func (p *Probe) Observe(ctx context.Context, network scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	site, err := parseSite(t)
	if err != nil {
		return nil, err
	}
	if err := network.Permits(ctx, site.Hostname()); err != nil {
		return []scanner.Sighting{p.unseen(err)}, nil
	}
	leave, err := p.enter(ctx, placesOf(ctx, network, site.Hostname()))
	if err != nil {
		return nil, err
	}
	defer leave()
	ctx, cancel := scanner.WithPatience(ctx, p.options.Timeout)
	defer cancel()
	return p.look(ctx, network, site)
}

// enter waits for the turn of a site: first at its addresses, then in the worker. The
// wait is ours, and no part of the time given to the site.
func (p *Probe) enter(ctx context.Context, places []string) (leave func(), err error) {
	defer scanner.Hold(ctx)() // a wait of ours is no time of the site
	p.shop.enter()
	if err := p.turns.take(ctx, places); err != nil {
		p.shop.leave()
		return nil, fmt.Errorf("wait for the template engine: %w", err)
	}
	if err := p.shop.take(ctx); err != nil {
		p.turns.give(places)
		p.shop.leave()
		return nil, fmt.Errorf("wait for the template engine: %w", err)
	}
	return func() {
		p.shop.give()
		p.turns.give(places)
		p.shop.leave()
	}, nil
}

// parseSite reads the origin of a site target and refuses anything more.
func parseSite(t scanner.Target) (*url.URL, error) {
	site, err := url.Parse(t.ID)
	if err != nil {
		return nil, fmt.Errorf("read site %q: %w", t.ID, err)
	}
	web := site.Scheme == "https" || site.Scheme == "http"
	if !web || site.Hostname() == "" || strings.Trim(site.Path, "/") != "" || site.RawQuery != "" || site.User != nil {
		return nil, fmt.Errorf("read site %q: an origin is expected, such as https://www.example.org", t.ID)
	}
	return &url.URL{Scheme: site.Scheme, Host: site.Host}, nil
}
