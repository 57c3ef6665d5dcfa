// SPDX-License-Identifier: Apache-2.0

// Package access says what the roles of a region let a person do, and where. Its
// table is the only place that says so.
package access

import (
	"errors"
	"slices"

	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// Capability is something a person may do; each route of the pages needs one.
type Capability string

// What people may do.
const (
	Aggregates     Capability = "aggregates"     // see counts of a whole
	Read           Capability = "read"           // see establishments, findings and agents
	Evidence       Capability = "evidence"       // take away sealed bundles and their facts
	Agents         Capability = "agents"         // let agents in, and cut them off
	Establishments Capability = "establishments" // say where establishments belong
	People         Capability = "people"         // let people in, and say what they may do
	Journal        Capability = "journal"        // read what was done by whom
	Upkeep         Capability = "upkeep"         // see how the region keeps itself
)

// Capabilities lists all of them.
func Capabilities() []Capability {
	return []Capability{Aggregates, Read, Evidence, Agents, Establishments, People, Journal, Upkeep}
}

// regional is what concerns the whole region, and is held nowhere below it.
var regional = []Capability{Establishments, People, Journal, Upkeep}

// Role is what a person is to a region.
type Role string

// The roles of a region.
const (
	Administrator Role = "administrator"
	Analyst       Role = "analyst"
	Approver      Role = "approver"
	Auditor       Role = "auditor"
	Officer       Role = "rssi"
	Reader        Role = "reader"
	Viewer        Role = "viewer"
)

// Roles lists them, in the order that people read.
func Roles() []Role {
	return []Role{Administrator, Analyst, Approver, Auditor, Officer, Reader, Viewer}
}

// Label is the name of a role.
func (r Role) Label() scanner.Text { return rights[r].label }

// right is what a role may do.
type right struct {
	label  scanner.Text
	may    []Capability
	places []store.PlaceKind // where it may be held
	ends   bool              // it is never held for ever
}

var (
	everywhere = []store.PlaceKind{store.PlaceRegion, store.PlaceGHT, store.PlaceLegal, store.PlaceSite}
	below      = everywhere[1:]
)

// rights is the table of the roles. An administrator lets people and agents in; a
// national viewer sees totals, and no row of an establishment.
var rights = map[Role]right{
	Administrator: {
		scanner.Text{FR: "administrateur de la région", EN: "region administrator"},
		[]Capability{Aggregates, Read, Evidence, Agents, Establishments, People, Journal, Upkeep},
		everywhere[:1], false,
	},
	Analyst: {
		scanner.Text{FR: "analyste du centre régional", EN: "analyst of the regional centre"},
		[]Capability{Aggregates, Read, Evidence},
		everywhere, false,
	},
	Approver: {
		scanner.Text{FR: "analyste référent", EN: "lead analyst"},
		[]Capability{Aggregates, Read, Evidence},
		everywhere[:1], false,
	},
	Auditor: {
		scanner.Text{FR: "auditeur", EN: "auditor"},
		[]Capability{Aggregates, Read, Evidence, Journal},
		everywhere, true,
	},
	Officer: {
		scanner.Text{FR: "RSSI d’établissement", EN: "security officer of an establishment"},
		[]Capability{Aggregates, Read, Evidence, Agents},
		below, false,
	},
	Reader: {
		scanner.Text{FR: "lecteur d’établissement", EN: "reader of an establishment"},
		[]Capability{Aggregates, Read, Evidence},
		below, false,
	},
	Viewer: {
		scanner.Text{FR: "observateur national", EN: "national viewer"},
		[]Capability{Aggregates},
		everywhere[:1], false,
	},
}

// May tells whether a role has a capability.
func (r Role) May(c Capability) bool { return slices.Contains(rights[r].may, c) }

// The reasons why a role is not given.
var (
	ErrRole  = errors.New("no such role")
	ErrPlace = errors.New("this role is not held at such a place")
	ErrEnd   = errors.New("this role is held for a time only")
	ErrMore  = errors.New("nobody gives more than they hold")
	ErrSelf  = errors.New("nobody changes their own roles")
)

// Check tells whether a role may be held at a place, by somebody, for a time.
func Check(b store.Binding) error {
	r, known := rights[Role(b.Role)]
	switch {
	case !known:
		return ErrRole
	case !slices.Contains(r.places, b.Kind) || (b.Kind == store.PlaceRegion) != (b.Place == ""):
		return ErrPlace
	case r.ends && b.ExpiresAt.IsZero():
		return ErrEnd
	}
	return nil
}

// Rights is what somebody may do now, and where.
type Rights map[Capability]store.Scope

// Of adds up the roles that somebody holds.
func Of(bindings []store.Binding) Rights {
	r := Rights{}
	for _, b := range bindings {
		for _, c := range rights[Role(b.Role)].may {
			if b.Scope.IsRegion() || !slices.Contains(regional, c) {
				r[c] = r[c].With(b.Scope)
			}
		}
	}
	return r
}

// May tells whether something may be done somewhere.
func (r Rights) May(c Capability) bool { return !r[c].IsNothing() }

// MayGive tells whether whoever has these rights may give a role, whose binding says
// what it covers: they hold all of it themselves, there.
func (r Rights) MayGive(b store.Binding) error {
	if !r[People].Covers(b.Scope) {
		return ErrMore
	}
	for c, scope := range Of([]store.Binding{b}) {
		if !r[c].Covers(scope) {
			return ErrMore
		}
	}
	return nil
}

// Within narrows rights to those that are used with a token, inside a place.
func (r Rights) Within(place store.Scope, may ...Capability) Rights {
	narrow := Rights{}
	for _, c := range may {
		narrow[c] = r[c].And(place)
	}
	return narrow
}
