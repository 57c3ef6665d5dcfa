// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"carescan/scanner"
	"carescan/scanner/settings"
)

// Settings are the directories that are read.
type Settings []Config

// Config describes one directory.
type Config struct {
	ID           string `yaml:"id"`          // of the directory target
	URL          string `yaml:"url"`         // "ldaps://host:636"; nothing is ever sent in clear
	ServerName   string `yaml:"server_name"` // in the certificate; empty: the host of URL
	CAFile       string `yaml:"ca_file"`     // PEM authorities; empty: those of the system
	BindDN       string `yaml:"bind_dn"`
	PasswordFile string `yaml:"password_file"` // read at each look
	BaseDN       string `yaml:"base_dn"`
}

// Section documents the settings.
var Section = settings.Section{
	Name: "directories",
	Is: scanner.Text{
		FR: "Annuaires techniques (Active Directory, OpenLDAP), lus en LDAPS avec un compte ordinaire.",
		EN: "Technical directories (Active Directory, OpenLDAP), read over LDAPS with an ordinary account.",
	},
	Keys: settings.Keys{
		"id": {
			FR: "nom court, repris dans les constats ; il ne doit plus changer", EN: "short name, shown in findings; it must not change any more",
			Needed: true, Example: "ad",
		},
		"url": {
			FR: "adresse LDAPS ; rien n'est jamais envoyé en clair", EN: "LDAPS address; nothing is ever sent in clear",
			Needed: true, Example: "ldaps://dc1.chu-exemple.fr:636",
		},
		"server_name": {
			FR: "nom attendu dans le certificat ; à défaut, celui de l'adresse", EN: "name expected in the certificate; without it, that of the address",
			Example: "dc1.chu-exemple.fr",
		},
		"ca_file": {
			FR: "autorités du certificat, au format PEM ; à défaut, celles du système", EN: "authorities of the certificate, in PEM form; without it, those of the system",
			Example: "autorite-ad.pem",
		},
		"bind_dn": {
			FR: "compte de lecture, sans privilège", EN: "account that reads, without privilege",
			Needed: true, Example: "svc-carescan@chu-exemple.fr",
		},
		"password_file": {
			FR: "fichier du mot de passe, lisible par l'agent seul", EN: "file of the password, that the agent alone may read",
			Needed: true, Example: "secrets/ad.txt",
		},
		"base_dn": {
			FR: "racine de la lecture", EN: "where the reading starts",
			Needed: true, Example: "DC=chu-exemple,DC=fr",
		},
	},
}

// Validate names what keeps a directory from being read.
func (s Settings) Validate() settings.Faults {
	return settings.Each(s, func(c Config) string { return c.ID }, Config.validate)
}

func (c Config) validate() (faults settings.Faults) {
	for _, needed := range []struct{ key, value string }{
		{"id", c.ID}, {"url", c.URL}, {"bind_dn", c.BindDN}, {"password_file", c.PasswordFile}, {"base_dn", c.BaseDN},
	} {
		if needed.value == "" {
			faults = append(faults, settings.Missing(needed.key, needed.key+": "+Section.Keys[needed.key].Example))
		}
	}
	if _, _, err := endpoint(c.URL); c.URL != "" && err != nil {
		faults = append(faults, settings.Fault{
			Key:  "url",
			What: scanner.Text{FR: "« " + c.URL + " » n'est pas une adresse LDAPS", EN: "\"" + c.URL + "\" is not an LDAPS address"},
			Hint: scanner.Text{FR: "écrivez-la comme ldaps://dc1.chu-exemple.fr:636", EN: "write it as ldaps://dc1.chu-exemple.fr:636"},
		})
	}
	return faults
}

// FilePaths are the files of every directory.
func (s Settings) FilePaths() []*string {
	var paths []*string
	for i := range s {
		paths = append(paths, &s[i].CAFile, &s[i].PasswordFile)
	}
	return paths
}

// Targets are the declared directories.
func (s Settings) Targets() []scanner.Target {
	var targets []scanner.Target
	for _, c := range s {
		targets = append(targets, scanner.Target{Kind: scanner.KindDirectory, ID: c.ID})
	}
	return targets
}
