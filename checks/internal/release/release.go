// SPDX-License-Identifier: Apache-2.0

// Package release compares versions of a product, as far as their numbers tell.
package release

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Older tells whether a version came before another one, and whether their
// numbers say so: versions cut short, or without a number, are not compared.
func Older(version, than string) (older, known bool) {
	a, b := Numbers(version), Numbers(than)
	if len(a) == 0 || len(b) == 0 {
		return false, false
	}
	for i := range min(len(a), len(b)) {
		if c := compare(a[i], b[i]); c != 0 {
			return c < 0, true
		}
	}
	// "6.4" may be any 6.4.x, and nobody orders the k of "1.1.1k" for every
	// product: only a version as precise as the other is known.
	return false, version == than || len(a) >= len(b) && plain(version) && plain(than)
}

func plain(version string) bool {
	return !strings.ContainsFunc(version, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
}

// Numbers are the groups of digits of a version, in order, without leading
// zeros.
func Numbers(version string) []string {
	digits := strings.FieldsFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	for i, group := range digits {
		digits[i] = strings.TrimLeft(group, "0")
	}
	return digits
}

// compare orders numbers of any length: the longer one is the greater.
func compare(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// Stale tells whether the list that knows the latest version of a product was
// already older than some days: it may have become an earlier one since.
func Stale(p fact.Product, at time.Time, days int) bool {
	return !p.ListedOn.IsZero() && at.Sub(p.ListedOn) > time.Duration(days)*24*time.Hour
}

// Affecting lists the exploited flaws whose stated versions hold this product,
// at most five of them.
func Affecting(p fact.Product) string {
	var names []string
	for _, flaw := range p.Flaws {
		if flaw.Affected && len(names) < 5 && !slices.Contains(names, flaw.CVE) {
			names = append(names, flaw.CVE)
		}
	}
	return strings.Join(names, ", ")
}

// listed is a list as a fact names it: its name, its date, and whether a part of
// it only was at hand.
var listed = regexp.MustCompile(`^(.+) (\d{4}-\d{2}-\d{2})( \(extract\))?$`)

// Lists words the lists that were consulted (fact.Products.Lists), dates and all.
func Lists(lists string) scanner.Values {
	var french, english []string
	for name := range strings.SplitSeq(lists, ", ") {
		words := scanner.Text{FR: name, EN: name}
		if match := listed.FindStringSubmatch(name); match != nil {
			if day, err := time.Parse(time.DateOnly, match[2]); err == nil {
				words = scanner.Text{FR: match[1] + " du " + scanner.Day(scanner.French, day), EN: match[1] + " of " + scanner.Day(scanner.English, day)}
			}
			if match[3] != "" {
				words.FR, words.EN = words.FR+" (extrait)", words.EN+" (extract)"
			}
		}
		french, english = append(french, words.FR), append(english, words.EN)
	}
	return scanner.Values{"lists": lists, "lists_fr": strings.Join(french, ", "), "lists_en": strings.Join(english, ", ")}
}

// Names lists products with the versions they show and the places where they do:
// "nginx 1.22.1 (192.0.2.10:80 / 192.0.2.10:443)".
func Names(products []fact.Product) string {
	var names []string
	for _, p := range products {
		name := strings.TrimSpace(p.Name + " " + p.Version)
		if p.Where != "" {
			name += " (" + p.Where + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// Distinct lists each product and version once, with all the places where it was
// seen.
func Distinct(products []fact.Product) []fact.Product {
	type key struct {
		name, version, distribution, release string
		source                               fact.ProductSource
		edge                                 bool
	}
	at := map[key]int{}
	var distinct []fact.Product
	for _, p := range products {
		k := key{p.Name, p.Version, p.Distribution, p.Release, p.Source, p.Edge}
		i, known := at[k]
		switch {
		case !known:
			at[k] = len(distinct)
			distinct = append(distinct, p)
		case !slices.Contains(strings.Split(distinct[i].Where, places), p.Where):
			distinct[i].Where += places + p.Where
		}
	}
	return distinct
}

// places stands between those of one product.
const places = " / "

// Together judges the products of one sort, each on its own, and returns what asks
// most of a reader, every product told; none of that sort gives no verdict.
func Together(f fact.Products, is func(fact.Product) bool, judge func(fact.Product) scanner.Verdict) (v scanner.Verdict, found bool) {
	var verdicts []scanner.Verdict
	for _, p := range Distinct(f.Seen) {
		if is(p) {
			verdicts = append(verdicts, judge(p))
		}
	}
	if len(verdicts) == 0 {
		return scanner.Verdict{}, false
	}
	return scanner.Together(verdicts), true
}
