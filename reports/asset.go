// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"slices"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Asset is a name found in public sources, under the domain it was found from.
type Asset struct {
	fact.Asset
	Domain string
}

// Assets lists the names found, candidates first, then by name.
func (d Document) Assets() []Asset {
	kind := fact.Inventory{}.FactKind()
	latest := map[scanner.Target]fact.Inventory{}
	for _, o := range d.Run.Observations {
		if o.Kind != kind || len(o.Fact) == 0 {
			continue
		}
		// A fact that cannot be read is said by the checks; no name is lost here.
		if f, err := scanner.Decode[fact.Inventory](o); err == nil {
			latest[o.Target] = f
		}
	}
	var assets []Asset
	for target, f := range latest {
		for _, a := range f.Assets {
			assets = append(assets, Asset{a, target.ID})
		}
	}
	slices.SortFunc(assets, func(a, b Asset) int {
		if a.Candidate() != b.Candidate() {
			if a.Candidate() {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Name, b.Name))
	})
	return assets
}

// FoundLabel says on screen how a name was found.
func FoundLabel(how string) scanner.Text {
	switch how {
	case fact.FoundDeclared:
		return scanner.Text{FR: "déclaré", EN: "declared"}
	case fact.FoundNS:
		return scanner.Text{FR: "serveur de noms", EN: "name server"}
	case fact.FoundMX:
		return scanner.Text{FR: "serveur de messagerie", EN: "mail server"}
	case fact.FoundSPF:
		return scanner.Text{FR: "inclus dans SPF", EN: "included in SPF"}
	case fact.FoundSRV:
		return scanner.Text{FR: "enregistrement de service", EN: "service record"}
	case fact.FoundAlias:
		return scanner.Text{FR: "alias", EN: "alias"}
	case fact.FoundCertificate:
		return scanner.Text{FR: "certificat d’un nom déclaré", EN: "certificate of a declared name"}
	case fact.FoundLog:
		return scanner.Text{FR: "journal de certificats", EN: "certificate log"}
	case fact.FoundWord:
		return scanner.Text{FR: "nom usuel", EN: "usual name"}
	}
	return scanner.Text{FR: how, EN: how}
}
