// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"context"
	"maps"
	"slices"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// gathering is the names found so far.
type gathering struct {
	net       scanner.Network
	domain    string
	asker     *dnswire.Asker
	resolvers []dnswire.Server
	assets    map[string]*fact.Asset
	omitted   map[string]bool
	denials   denials
	sixes     map[string][]string // addresses of version 6, by the name at the end of the aliases
	proper    bool                // a name just below the domain is known not to exist
	wildcard  bool
	log       string
	logCause  scanner.Cause
	problems  []string
}

func newGathering(net scanner.Network, domain string) *gathering {
	return &gathering{
		net: net, domain: domain, asker: dnswire.NewAsker(net, askTimeout, maxQuestions), resolvers: dnswire.Resolvers(net),
		assets: map[string]*fact.Asset{}, omitted: map[string]bool{}, sixes: map[string][]string{},
	}
}

// add notes how a name was found. Names that are no host names are left out.
func (g *gathering) add(name, how string) *fact.Asset {
	name = scanner.CanonicalName(strings.TrimPrefix(name, "*."))
	if !isHostName(name) {
		return nil
	}
	asset := g.assets[name]
	if asset == nil {
		if len(g.assets) >= maxAssets {
			g.omitted[name] = true
			return nil
		}
		asset = &fact.Asset{Name: name, Own: name == g.domain || strings.HasSuffix(name, "."+g.domain)}
		g.assets[name] = asset
	}
	if !slices.Contains(asset.Found, how) {
		asset.Found = append(asset.Found, how)
	}
	return asset
}

// declare notes a name the establishment looks at, when it is of this domain.
func (g *gathering) declare(name string) {
	name = scanner.CanonicalName(name)
	if name != g.domain && !strings.HasSuffix(name, "."+g.domain) {
		return
	}
	if asset := g.add(name, fact.FoundDeclared); asset != nil {
		asset.Declared = true
	}
}

func (g *gathering) problem(err error) {
	const most = 20
	if len(g.problems) < most {
		g.problems = append(g.problems, scanner.Technical(err.Error()))
	}
}

// sorted lists the assets by name, so that equal findings are equal facts.
func (g *gathering) sorted() []*fact.Asset {
	return slices.SortedFunc(maps.Values(g.assets), func(a, b *fact.Asset) int { return strings.Compare(a.Name, b.Name) })
}

func (g *gathering) fact() fact.Inventory {
	f := fact.Inventory{
		Assets: []fact.Asset{}, Omitted: len(g.omitted), Wildcard: g.wildcard, Log: g.log, LogCause: g.logCause, Problems: g.problems,
	}
	for _, asset := range g.sorted() {
		asset.Declared = asset.Declared || asset.Name == g.domain
		slices.Sort(asset.Found)
		f.Assets = append(f.Assets, *asset)
	}
	return f
}

// permitted tells, for each name of the domain, whether it may be contacted.
func (g *gathering) permitted(ctx context.Context, asset *fact.Asset) bool {
	return asset.Own && g.net.Permits(ctx, asset.Name) == nil
}

// isHostName accepts the names that may be asked and shown as they are; a top
// level domain is nobody's host.
func isHostName(name string) bool { return strings.Contains(name, ".") && dnswire.IsHostName(name) }
