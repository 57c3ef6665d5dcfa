// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/netip"

	"carescan/scanner"
	"carescan/scanner/settings"
)

var stateSection = settings.Section{
	Name: "state",
	Is: scanner.Text{
		FR: "Dossier d'état : les clés de l'agent et les dossiers scellés. CARESCAN_STATE l'emporte.",
		EN: "State folder: the keys of the agent and the sealed bundles. CARESCAN_STATE wins over it.",
	},
	Keys: settings.Keys{"": {FR: "chemin du dossier", EN: "path of the folder", Default: "state", Example: "/var/lib/carescan"}},
}

var profileSection = settings.Section{
	Name: "profile",
	Is: scanner.Text{
		FR: "Profil appliqué : « carescan-agent profiles list » les montre. CARESCAN_PROFILE l'emporte.",
		EN: "Profile applied: carescan-agent profiles list shows them. CARESCAN_PROFILE wins over it.",
	},
	Keys: settings.Keys{"": {FR: "nom du profil", EN: "name of the profile", Default: "etablissement"}},
}

var profilesFolderSection = settings.Section{
	Name: "profiles_folder",
	Is: scanner.Text{
		FR: "Vos propres profils et référentiels, à côté de ceux du produit.",
		EN: "Your own profiles and catalogs, beside those of the product.",
	},
	Keys: settings.Keys{"": {FR: "chemin du dossier", EN: "path of the folder", Example: "profils"}},
}

var vantageSection = settings.Section{
	Name: "vantage",
	Is: scanner.Text{
		FR: "D'où l'agent regarde. L'exposition ne se juge que depuis internet.",
		EN: "Where the agent looks from. Exposure is judged from the internet only.",
	},
	Keys: settings.Keys{"": {
		FR: "inside : réseau de l'établissement ; internet : depuis l'extérieur", EN: "inside: network of the establishment; internet: from outside",
		Default: "inside",
	}},
}

var statusAddressSection = settings.Section{
	Name: "status_address",
	Is: scanner.Text{
		FR: "Page d'état locale de « carescan-agent run ».",
		EN: "Local status page of carescan-agent run.",
	},
	Keys: settings.Keys{"": {
		FR: "adresse de boucle locale et port", EN: "loopback address and port", Default: "127.0.0.1:8321",
	}},
}

func (c Config) validateVantage() settings.Faults {
	switch c.Vantage {
	case scanner.VantageInternet, scanner.VantageInside:
		return nil
	case scanner.VantageDeclared:
	}
	known := []string{string(scanner.VantageInside), string(scanner.VantageInternet)}
	return settings.Faults{settings.Among(vantageSection.Name, string(c.Vantage), known)}
}

func validateStatusAddress(address string) settings.Faults {
	at, err := netip.ParseAddrPort(address)
	if err == nil && at.Addr().IsLoopback() {
		return nil
	}
	return settings.Faults{{
		Key: statusAddressSection.Name,
		What: scanner.Text{
			FR: fmt.Sprintf("« %s » n'est pas une adresse de boucle locale et un port : la page n'a pas de mot de passe", address),
			EN: fmt.Sprintf("%q is not a loopback address and a port: the page has no sign-in", address),
		},
		Hint: scanner.Text{FR: "écrivez par exemple 127.0.0.1:8321", EN: "write for example 127.0.0.1:8321"},
	}}
}
