// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"context"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
)

// The bounds of a tree, and the limits of RFC 7208 section 4.6.4.
const (
	maxSPFRecords = 40
	maxSPFTerms   = 300 // kept and evaluated, by record
	maxSPFFaults  = 20
	maxSPFCost    = 1000 // sums stop there
	maxLookups    = 10
	maxVoids      = 2
	maxMXHosts    = 10
)

// spfNode is a record of the tree with what its terms amount to.
type spfNode struct {
	fact.SPFRecord
	end, endAt string
	endUnknown bool
	done       bool // false while its branches are walked: meeting it again is a loop
}

// spfWalker walks a tree. A name that several branches lead to is read once and
// counted each time.
type spfWalker struct {
	resolver *resolver
	nodes    map[string]*spfNode
	order    []*spfNode
	tree     *fact.SPF
	// broken and silent remember faults of either sort, kept or not.
	broken, silent bool
}

// spfTree reads the record of a domain and all it leads to.
func spfTree(ctx context.Context, r *resolver, name string) fact.SPF {
	tree := fact.SPF{}
	w := &spfWalker{resolver: r, nodes: map[string]*spfNode{}, tree: &tree}
	root := w.read(ctx, name)
	for _, node := range w.order {
		tree.Records = append(tree.Records, node.SPFRecord)
	}
	tree.Lookups, tree.Voids = root.Cost, root.Voids
	tree.End, tree.EndAt, tree.EndUnknown = root.end, root.endAt, root.endUnknown
	if root.Cost > maxLookups {
		w.fault(fact.SPFLookups, name, "")
	}
	if root.Voids > maxVoids {
		w.fault(fact.SPFVoids, name, "")
	}
	tree.Result = w.result(root)
	return tree
}

// result is the one of RFC 7208 section 2.6 that faults amount to. A proven fault
// counts more than an answer that is missing.
func (w *spfWalker) result(root *spfNode) fact.SPFResult {
	switch {
	case root.Answer.Absent() || root.Answer == fact.Present && root.Count == 0:
		return fact.SPFNone
	case w.broken:
		return fact.SPFPermError
	case w.silent:
		return fact.SPFTempError
	}
	return fact.SPFUsable
}

// fault keeps what is wrong, once.
func (w *spfWalker) fault(kind fact.SPFFaultKind, name, term string) {
	f := fact.SPFFault{Kind: kind, Name: printable(name), Term: printable(term)}
	if kind == fact.SPFNoAnswer {
		w.tree.Open, w.silent = true, true
	} else {
		w.broken = true
	}
	if len(w.tree.Faults) < maxSPFFaults && !slices.Contains(w.tree.Faults, f) {
		w.tree.Faults = append(w.tree.Faults, f)
	}
}

// read reads the records of a name and walks its branches.
func (w *spfWalker) read(ctx context.Context, name string) *spfNode {
	node := &spfNode{SPFRecord: fact.SPFRecord{Name: printable(name)}}
	w.nodes[name] = node
	w.order = append(w.order, node)
	a, texts := w.resolver.texts(ctx, name)
	node.Answer, node.Cause, node.Error = a.state, a.cause, a.fault
	texts = slices.DeleteFunc(texts, func(text string) bool { return !isSPF(text) })
	node.Count = len(texts)
	switch {
	case a.state == fact.NoAnswer:
		node.endUnknown = true
		w.fault(fact.SPFNoAnswer, name, "")
	case len(texts) == 0:
		w.fault(fact.SPFAbsent, name, "")
	case len(texts) > 1:
		w.fault(fact.SPFSeveral, name, "")
	default:
		w.parse(ctx, node, name, texts[0])
	}
	node.done = true
	return node
}

func (w *spfWalker) parse(ctx context.Context, node *spfNode, name, text string) {
	node.Text = printable(text)
	terms, fault := parseSPF(text)
	if fault != "" {
		node.Fault = printable(fault)
		w.fault(fact.SPFSyntax, name, fault)
		sound := evaluated(terms)
		for _, term := range sound[:min(len(sound), maxSPFTerms)] {
			node.Terms = append(node.Terms, written(term, name))
		}
		return
	}
	for _, term := range evaluated(terms) {
		if len(node.Terms) >= maxSPFTerms {
			w.tree.Open = true
			return
		}
		if ended := w.term(ctx, node, name, term); ended {
			return
		}
	}
}

// evaluated orders terms as a receiver takes them: mechanisms until "all", then
// the redirection, which "all" cancels (RFC 7208 sections 5.1 and 6.1).
func evaluated(terms []spfTerm) (order []spfTerm) {
	var redirect []spfTerm
	for _, term := range terms {
		switch {
		case term.kind == "redirect":
			redirect = append(redirect, term)
		case term.qualifier != "":
			order = append(order, term)
		}
		if term.kind == "all" {
			return order
		}
	}
	return append(order, redirect...)
}

// term evaluates one term, and tells whether nothing after it ever is.
func (w *spfWalker) term(ctx context.Context, node *spfNode, name string, term spfTerm) (ended bool) {
	kept := written(term, name)
	switch term.kind {
	case "all":
		node.end, node.endAt, ended = term.qualifier, node.Name, true
	case "include", "redirect":
		ended = w.branch(ctx, node, name, term, &kept)
	case "a", "mx", "exists", "ptr":
		kept.Cost = 1
		w.query(ctx, name, term, &kept)
	}
	node.Terms = append(node.Terms, kept)
	node.Cost = min(node.Cost+kept.Cost, maxSPFCost)
	node.Voids = min(node.Voids+kept.Voids, maxSPFCost)
	return ended
}

// written is what a term says, before anything is asked.
func written(term spfTerm, name string) fact.SPFTerm {
	kept := fact.SPFTerm{
		Text: printable(term.text), Kind: term.kind, Bits4: term.bits4, Bits6: term.bits6,
		Macro: isMacro(term.spec), Target: printable(spfTarget(term, name)),
	}
	if term.prefix.IsValid() {
		kept.Prefix = term.prefix.String()
	}
	return kept
}

// spfTarget is the name a term asks about.
func spfTarget(term spfTerm, name string) string {
	switch term.kind {
	case "all", "ip4", "ip6":
		return ""
	}
	if term.spec == "" {
		return name
	}
	return strings.ToLower(strings.TrimSuffix(term.spec, "."))
}

// branch follows an include or a redirection. An include that everybody passes
// ends the evaluation with its own qualifier.
func (w *spfWalker) branch(ctx context.Context, node *spfNode, name string, term spfTerm, kept *fact.SPFTerm) (ended bool) {
	kept.Cost = 1
	child := w.child(ctx, name, term, kept)
	if child != nil {
		kept.Answer = child.Answer
		kept.Cost, kept.Voids = min(1+child.Cost, maxSPFCost), child.Voids
		if child.Answer.Absent() {
			kept.Voids++
		}
	}
	switch {
	case term.kind == "redirect" && child == nil:
		node.endUnknown = true
	case term.kind == "redirect":
		node.end, node.endAt, node.endUnknown = child.end, child.endAt, child.endUnknown
	case child != nil && child.end == "+":
		node.end, node.endAt = term.qualifier, child.endAt
		return true
	}
	return false
}

// child reads what a branch leads to; nil when it leads nowhere that is known.
func (w *spfWalker) child(ctx context.Context, name string, term spfTerm, kept *fact.SPFTerm) *spfNode {
	target := spfTarget(term, name)
	known := w.nodes[target]
	switch {
	case kept.Macro:
		return nil
	case known != nil && !known.done:
		w.fault(fact.SPFLoop, name, term.text)
		return nil
	case known != nil:
		return known
	case !isPlainName(target): // section 4.3: no such domain, hence no record
		w.fault(fact.SPFAbsent, target, "")
		return nil
	case len(w.order) >= maxSPFRecords:
		w.tree.Open = true
		return nil
	}
	return w.read(ctx, target)
}

// query asks what an a, mx or exists term asks. What a ptr asks depends on the
// sender.
func (w *spfWalker) query(ctx context.Context, name string, term spfTerm, kept *fact.SPFTerm) {
	target := spfTarget(term, name)
	if kept.Macro || term.kind == "ptr" || !isPlainName(target) { // section 4.8: such a name matches nobody
		return
	}
	var a answer
	switch term.kind {
	case "mx":
		a = w.resolver.ask(ctx, target, dns.TypeMX)
		w.hosts(ctx, name, term, mxRecords(a), kept)
	case "exists":
		a = w.resolver.ask(ctx, target, dns.TypeA)
	default:
		a = w.resolver.address(ctx, target)
	}
	kept.Answer = a.state
	w.count(name, term, a.state, kept)
}

// hosts asks for the addresses behind an mx term.
func (w *spfWalker) hosts(ctx context.Context, name string, term spfTerm, records []*dns.MX, kept *fact.SPFTerm) {
	if isNull(records) {
		return
	}
	kept.Hosts = len(records)
	if len(records) > maxMXHosts {
		w.fault(fact.SPFMXHosts, name, term.text)
		return
	}
	for _, mx := range records {
		if host := strings.TrimSuffix(mx.Mx, "."); isPlainName(host) {
			w.count(name, term, w.resolver.address(ctx, host).state, kept)
		}
	}
}

// count keeps a look-up that found nothing, on a true negative answer only.
func (w *spfWalker) count(name string, term spfTerm, state fact.Answer, kept *fact.SPFTerm) {
	switch {
	case state.Absent():
		kept.Voids++
	case state == fact.NoAnswer:
		w.fault(fact.SPFNoAnswer, name, term.text)
	}
}
