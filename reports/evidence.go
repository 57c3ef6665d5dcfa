// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Piece is an artifact with the observations it stands behind.
type Piece struct {
	scanner.ArtifactRef
	Observations []string
}

// Pieces lists the artifacts named by the observations, once each.
func (d Document) Pieces() []Piece {
	var list []Piece
	place := map[string]int{}
	for _, o := range d.Run.Observations {
		for _, ref := range o.Artifacts {
			at, ok := place[ref.Digest]
			if !ok {
				at = len(list)
				place[ref.Digest] = at
				list = append(list, Piece{ArtifactRef: ref})
			}
			list[at].Observations = append(list[at].Observations, o.ID)
		}
	}
	return list
}

// Loss is what could not be kept of what was seen at one target.
type Loss struct {
	Target scanner.Target
	Pieces []scanner.ArtifactRef
	Checks []string // that concluded from them
}

// Losses lists the artifacts that the coverage says are not kept, by target.
func (d Document) Losses() []Loss {
	var list []Loss
	for _, c := range d.Run.Coverage {
		if len(c.Dropped) == 0 {
			continue
		}
		at := slices.IndexFunc(list, func(l Loss) bool { return l.Target == c.Target })
		if at < 0 {
			at = len(list)
			list = append(list, Loss{Target: c.Target})
		}
		l := &list[at]
		l.Checks = append(l.Checks, c.Check)
		for _, ref := range c.Dropped {
			if !slices.Contains(l.Pieces, ref) {
				l.Pieces = append(l.Pieces, ref)
			}
		}
	}
	return list
}

// Observations lists the observations of the run in the order of their targets.
func (d Document) Observations() []scanner.Observation {
	return slices.SortedStableFunc(slices.Values(d.Run.Observations), func(a, b scanner.Observation) int {
		return cmp.Or(cmp.Compare(a.Target.Key(), b.Target.Key()), cmp.Compare(a.Kind, b.Kind))
	})
}

// GeographyCredit is owed wherever networks and countries of addresses are
// shown (CC BY 4.0; see scanner/probes/hosting/geo/LICENSE-data.md).
func GeographyCredit() scanner.Text {
	return scanner.Text{
		FR: "Réseaux et pays des adresses : RouteViews, NRO et IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0.",
		EN: "Networks and countries of addresses: RouteViews, NRO and IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0.",
	}.Typeset()
}

// ShowsGeography tells whether the run places addresses.
func (d Document) ShowsGeography() bool {
	return slices.ContainsFunc(d.Run.Observations, PlacesAddresses)
}

// PlacesAddresses tells whether an observation says whose network an address is.
func PlacesAddresses(o scanner.Observation) bool { return o.Kind == fact.Hosting{}.FactKind() }
