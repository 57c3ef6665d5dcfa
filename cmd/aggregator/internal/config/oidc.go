// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"

	"carescan/cmd/aggregator/internal/federation"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// OIDC is the identity provider of the region. Without an issuer, there is none.
type OIDC struct {
	Issuer           string `yaml:"issuer"`
	ClientID         string `yaml:"client_id"`
	ClientSecretFile string `yaml:"client_secret_file"`
	CAFile           string `yaml:"ca_file"` // of the authority of the provider, when the system does not know it
	// ACR and AMR are values with commas between: a token that has any of them was given
	// after a second factor.
	ACR         string `yaml:"acr"`
	AMR         string `yaml:"amr"`
	GroupsClaim string `yaml:"groups_claim"`
	Groups      string `yaml:"groups"` // as federation.ParseGroups reads
}

func oidcSection() settings.Section {
	return settings.Section{
		Name: "oidc",
		Is: scanner.Text{
			FR: "Le fournisseur d'identité de la région (OpenID Connect), en plus des comptes locaux. Adresse de retour à lui déclarer : /sign-in/oidc/back, sur l'adresse des pages.",
			EN: "The identity provider of the region (OpenID Connect), beside local accounts. Redirection address to declare to it: /sign-in/oidc/back, on the address of the pages.",
		},
		Keys: settings.Keys{
			"issuer":             {FR: "émetteur, exactement comme ses jetons le nomment", EN: "issuer, exactly as its tokens name it", Example: "https://identite.centre-regional.example"},
			"client_id":          {FR: "nom de l'agrégateur chez le fournisseur", EN: "name of the aggregator at the provider", Example: "carescan"},
			"client_secret_file": {FR: "fichier du secret convenu avec le fournisseur", EN: "file of the secret agreed with the provider", Example: "/etc/carescan/oidc.secret"},
			"ca_file":            {FR: "certificats des autorités du fournisseur, PEM ; à défaut, celles du système", EN: "certificates of the authorities of the provider, PEM; without it, those of the system", Example: "/etc/carescan/identite-ca.pem"},
			"acr":                {FR: "valeurs d'acr qui attestent un second facteur, séparées par des virgules", EN: "values of acr that attest a second factor, with commas between", Example: "eidas2, eidas3"},
			"amr":                {FR: "valeurs d'amr qui attestent un second facteur, séparées par des virgules", EN: "values of amr that attest a second factor, with commas between", Example: "mfa, otp, hwk"},
			"groups_claim":       {FR: "information où le fournisseur nomme les groupes d'une personne", EN: "claim in which the provider names the groups of a person", Default: "groups"},
			"groups": {
				FR: "rôles des groupes : GROUPE = RÔLE @ LIEU, séparés par des points-virgules", EN: "roles of groups: GROUP = ROLE @ PLACE, with semicolons between",
				Example: "crrc-analystes = analyst @ region; chu-rssi = rssi @ site:690000013",
			},
		},
	}
}

func (o OIDC) validate() (faults settings.Faults) {
	if o.Issuer == "" {
		if o.ClientID+o.ClientSecretFile+o.CAFile+o.ACR+o.AMR+o.Groups != "" {
			faults.Add("oidc.issuer", settings.Say("les autres réglages d'oidc ne servent à rien sans émetteur", "the other settings of oidc are of no use without an issuer"),
				settings.Say("écrivez oidc.issuer, ou retirez-les", "write oidc.issuer, or remove them"))
		}
		return faults
	}
	if !strings.HasPrefix(o.Issuer, "https://") {
		faults.Add("oidc.issuer", settings.Say("%s n'est pas une adresse https", "%s is not an https address", settings.Quoted(o.Issuer)),
			settings.Say("écrivez l'émetteur exactement comme le fournisseur le publie", "write the issuer exactly as the provider publishes it"))
	}
	for key, value := range map[string]string{"oidc.client_id": o.ClientID, "oidc.client_secret_file": o.ClientSecretFile, "oidc.groups": o.Groups} {
		if value == "" {
			faults.Add(key, settings.Say("un fournisseur d'identité en a besoin", "an identity provider needs it"),
				settings.Say("écrivez %s", "write %s", key))
		}
	}
	if o.ACR+o.AMR == "" {
		faults.Add("oidc.acr", settings.Say("rien ne dit comment le fournisseur atteste un second facteur", "nothing says how the provider attests a second factor"),
			settings.Say("écrivez oidc.acr ou oidc.amr", "write oidc.acr or oidc.amr"))
	}
	if _, err := federation.ParseGroups(o.Groups); err != nil {
		faults = append(faults, settings.Fault{
			Key: "oidc.groups", What: settings.Say("un rôle de groupe n'est pas valable", "a role of a group is not valid"),
			Hint: settings.Say("écrivez GROUPE = RÔLE @ LIEU, séparés par des points-virgules", "write GROUP = ROLE @ PLACE, with semicolons between"), Detail: err.Error(),
		})
	}
	return faults
}
