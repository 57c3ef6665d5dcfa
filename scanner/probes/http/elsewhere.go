// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"context"
	"crypto/rand"
	"net/netip"
	"net/url"
	"strings"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// foreignOrigin is under a name that nobody can own (RFC 6761 section 6.4).
const foreignOrigin = "https://cors-test.invalid"

// cors asks for a page as a script of another site would.
func (v *visitor) cors(ctx context.Context, at *url.URL) *fact.CORS {
	found := &fact.CORS{Reach: fact.Answered, Origin: foreignOrigin}
	// The answer is read from its head, which the visitor keeps whole.
	hop, _, err := v.get(ctx, at, errand{foreign: foreignOrigin})
	if err != nil {
		found.Reach, found.Error = fact.Unreached, excerpt.Error(err, maxText)
		return found
	}
	found.Status = hop.Status
	found.Allowed = firstValue(hop.Headers["access-control-allow-origin"])
	found.Credentials = firstValue(hop.Headers["access-control-allow-credentials"]) == "true"
	return found
}

func firstValue(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return strings.TrimSpace(values[0])
}

// unlikely asks for random paths: a site that answers them like its pages proves
// nothing at any path (exposure-checks.md section 1.2). Servers often name
// themselves on such pages.
func (v *visitor) unlikely(ctx context.Context, origin *url.URL) *fact.UnlikelyPath {
	var found fact.UnlikelyPath
	e := errand{reads: readsPage, recognise: true, where: origin}
	for _, end := range [maxUnlikely]string{"", ".html"} {
		hop, _, err := v.get(ctx, origin.JoinPath(strings.ToLower(rand.Text())+end), e)
		if err != nil {
			found.Error = excerpt.Error(err, maxText)
			return &found
		}
		found.Statuses = append(found.Statuses, hop.Status)
	}
	return &found
}

// others asks the same of other addresses of the name: the worst of them is what
// a visitor may get (exposure-checks.md section 1.2). The door opens literal
// addresses of a declared range only; a name is enough for its other family.
func (v *visitor) others(ctx context.Context, origin *url.URL) []fact.Hop {
	addresses, err := v.net.Lookup(ctx, origin.Hostname())
	if err != nil || len(addresses) < 2 {
		return nil
	}
	var found []fact.Hop
	for _, e := range v.ways(ctx, addresses) {
		if hop, _, err := v.get(ctx, origin, e); err == nil {
			found = append(found, hop)
		}
	}
	return found
}

// ways are the ways to addresses other than the first, which has answered.
func (v *visitor) ways(ctx context.Context, addresses []netip.Addr) []errand {
	var found []errand
	byFamily := addresses[0].Is6()
	for _, address := range addresses[1:] {
		switch {
		case len(found) == maxOthers:
			return found
		case v.net.Permits(ctx, address.String()) == nil:
			found = append(found, errand{literal: address.String()})
		case address.Is6() && !byFamily:
			byFamily = true
			found = append(found, errand{network: "tcp6"})
		}
	}
	return found
}
