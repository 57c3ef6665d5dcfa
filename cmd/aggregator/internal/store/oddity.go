// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"time"

	"carescan/scanner"
)

// OddKind is something that no agent which is well does. It is told, and decides
// nothing: a bundle is kept all the same.
type OddKind string

// The kinds of oddities. Each is the name of a deed of the journal.
const (
	OddPrevious  OddKind = "previous-false"  // it names as the one before a bundle that is not
	OddBack      OddKind = "number-back"     // sealed after others that bear a higher number
	OddCatalog   OddKind = "catalog-back"    // an older version of a catalog than the run before
	OddCoverage  OddKind = "coverage-halved" // half the looks of the run before, or fewer
	OddAddresses OddKind = "two-addresses"   // one key speaks from two places within minutes
)

// Oddity is what was odd in a bundle.
type Oddity struct {
	FINESS      scanner.FINESS
	AgentID     string
	Bundle      string
	Seq         int64
	At          time.Time
	Kind        OddKind
	Was, Became string // versions, counts, numbers or addresses
}

const (
	// sameTime is how far apart two clocks, or two moments of one that is set right,
	// may be.
	sameTime = 5 * time.Minute
	// atOnce is how soon after the last bundle another address means another machine.
	atOnce = 10 * time.Minute
	// fewLooks is how many a run must have completed for half of them to mean something.
	fewLooks = 8
)

const oddityColumns = "agent_id, bundle_id, kind, finess, seq, at, was, became"

// Oddities lists what was odd since a moment, newest first; agent narrows it to one,
// unless it is empty.
func (s *Store) Oddities(ctx context.Context, scope Scope, agent string, since time.Time, limit int) ([]Oddity, error) {
	list, err := many(ctx, s.view(scope), scanOddity, `
		SELECT `+oddityColumns+` FROM oddity
		WHERE `+within("finess")+` AND $2 IN ('', agent_id) AND at >= $3 ORDER BY at DESC, bundle_id, kind LIMIT $4`,
		scope.sees, agent, stamp(since), limit)
	return list, wrap(err, "list what was odd")
}

func scanOddity(r row) (o Oddity, err error) {
	err = r.Scan(&o.AgentID, &o.Bundle, &o.Kind, &o.FINESS, &o.Seq, (*moment)(&o.At), &o.Was, &o.Became)
	return o, err
}

// odd begins an oddity of a bundle.
func (b Bundle) odd(kind OddKind, was, became string) Oddity {
	return Oddity{
		FINESS: b.FINESS, AgentID: b.AgentID, Bundle: b.ID, Seq: b.Seq, At: b.ReceivedAt, Kind: kind, Was: was, Became: became,
	}
}

// writeOddities records what was odd in an arrival of an agent, in the journal too.
func writeOddities(ctx context.Context, tx *transaction, agent Agent, list []Oddity) error {
	rows := batch{into: "oddity", columns: oddityColumns, key: "agent_id, bundle_id, kind"}
	for _, o := range list {
		rows.add(o.AgentID, o.Bundle, o.Kind, o.FINESS, o.Seq, stamp(o.At), o.Was, o.Became)
		if err := insertDeed(ctx, tx, Deed{
			At: o.At, Actor: agent.Called(), Action: string(o.Kind), Object: fmt.Sprintf("%s, %d", o.FINESS, o.Seq),
		}); err != nil {
			return err
		}
	}
	return rows.write(ctx, tx)
}

// oddInChain looks at the place of a bundle among those of its agent that are here: the
// one it names as the one before, the one that names it, and those sealed before it.
func oddInChain(ctx context.Context, tx *transaction, b Bundle) (list []Oddity, err error) {
	const unfounded = `agent_id = $1 AND seq = $2 AND previous NOT IN (SELECT digest FROM blob WHERE digest = previous)
		AND EXISTS (SELECT 1 FROM bundle AS before WHERE before.agent_id = $1 AND before.seq = $2 - 1)`
	for _, seq := range []int64{b.Seq, b.Seq + 1} {
		ids, err := many(ctx, tx, scanString, `SELECT id FROM bundle WHERE `+unfounded+` ORDER BY arrival`, b.AgentID, seq)
		if err != nil {
			return nil, wrap(err, "find the bundle before number %d", seq)
		}
		for _, id := range ids {
			if seq == b.Seq && id != b.ID {
				continue // another of that number, which was told
			}
			o := b.odd(OddPrevious, "", strconv.FormatInt(seq-1, 10))
			o.Bundle, o.Seq = id, seq
			list = append(list, o)
		}
	}
	above, err := one(ctx, tx, scanInt, `SELECT COALESCE(MAX(seq), 0) FROM bundle WHERE agent_id = $1 AND seq > $2 AND sealed_at < $3`,
		b.AgentID, b.Seq, stamp(b.SealedAt.Add(-sameTime)))
	if err == nil && above > 0 {
		list = append(list, b.odd(OddBack, strconv.Itoa(above), strconv.FormatInt(b.Seq, 10)))
	}
	return list, wrap(err, "find higher numbers than %d", b.Seq)
}

// oddAddress compares from where a bundle came with from where the last one did. A
// machine with two kinds of addresses uses both in turn, and one of IPv6 changes it
// within its network.
func oddAddress(b Bundle, address string, agent Agent) []Oddity {
	was, err := netip.ParseAddr(agent.LastAddress)
	now, errNow := netip.ParseAddr(address)
	if err != nil || errNow != nil || b.ReceivedAt.Sub(agent.LastSeen) > atOnce {
		return nil
	}
	was, now = was.Unmap(), now.Unmap()
	bits := 64
	if now.Is4() {
		bits = 32
	}
	if network, err := now.Prefix(bits); err != nil || was.Is4() != now.Is4() || network.Contains(was) {
		return nil
	}
	return []Oddity{b.odd(OddAddresses, was.String(), now.String())}
}

// odd compares a run with the one before it.
func (r run) odd(b Bundle, coverage []scanner.Coverage) (list []Oddity) {
	if now := completed(coverage); r.completed >= fewLooks && now*2 <= r.completed {
		list = append(list, b.odd(OddCoverage, strconv.Itoa(r.completed), strconv.Itoa(now)))
	}
	for _, was := range r.profile.Catalogs {
		at := slices.IndexFunc(b.Profile.Catalogs, func(c scanner.CatalogRef) bool { return c.ID == was.ID })
		if at >= 0 && slices.Compare(numbersOf(b.Profile.Catalogs[at].Version), numbersOf(was.Version)) < 0 {
			return append(list, b.odd(OddCatalog, was.ID+" "+was.Version, was.ID+" "+b.Profile.Catalogs[at].Version))
		}
	}
	return list
}

// completed counts the looks that ended.
func completed(coverage []scanner.Coverage) (n int) {
	for _, c := range coverage {
		if c.Status == scanner.StatusCompleted {
			n++
		}
	}
	return n
}

var digits = regexp.MustCompile(`\d+`)

// numbersOf reads the numbers of a version, such as 2026-11, by which it is ordered.
func numbersOf(version string) (numbers []int) {
	for _, text := range digits.FindAllString(version, -1) {
		n, _ := strconv.Atoi(text) // beyond what an int holds, the greatest: no version of ours
		numbers = append(numbers, n)
	}
	return numbers
}

// OddSince is how long what was odd is told on pages and by doctor.
const OddSince = 30 * 24 * time.Hour

var oddSentences = map[OddKind]scanner.Text{
	OddPrevious: {
		FR: "le dossier n° {seq} désigne comme précédent un dossier inconnu, alors que le n° {became} est ici",
		EN: "bundle {seq} names an unknown bundle as the one before it, while number {became} is here",
	},
	OddBack: {
		FR: "le dossier n° {seq} a été scellé après le n° {was}",
		EN: "bundle {seq} was sealed after number {was}",
	},
	OddCatalog: {
		FR: "dossier n° {seq} : référentiel {became}, plus ancien que celui du passage précédent ({was})",
		EN: "bundle {seq}: catalog {became}, older than that of the run before ({was})",
	},
	OddCoverage: {
		FR: "dossier n° {seq} : {became|regard abouti|regards aboutis}, contre {was} au passage précédent",
		EN: "bundle {seq}: {became|look|looks} completed, against {was} in the run before",
	},
	OddAddresses: {
		FR: "dossier n° {seq} : venu de {became}, quelques minutes après un dossier venu de {was} (machine clonée ?)",
		EN: "bundle {seq}: came from {became}, minutes after one that came from {was} (cloned machine?)",
	},
}

// Sentence says what was odd, in words.
func (o Oddity) Sentence() scanner.Text {
	return oddSentences[o.Kind].Typeset().Fill(scanner.Values{"seq": strconv.FormatInt(o.Seq, 10), "was": o.Was, "became": o.Became})
}

// Newest keeps the newest oddity of each kind of each agent.
func Newest(list []Oddity) (newest []Oddity) {
	for _, o := range list {
		if !slices.ContainsFunc(newest, func(n Oddity) bool { return n.AgentID == o.AgentID && n.Kind == o.Kind }) {
			newest = append(newest, o)
		}
	}
	return newest
}
