// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// Database is the PostgreSQL of a region that has outgrown one file.
type Database struct {
	// Address names the role, the server and the database; empty means SQLite in the
	// data folder.
	Address string `yaml:"address"`
	// PasswordFile holds the password of that role, OwnerPasswordFile that of the owner;
	// without them, a credential of systemd, if there is one.
	PasswordFile      string `yaml:"password_file"`
	Owner             string `yaml:"owner"`
	OwnerPasswordFile string `yaml:"owner_password_file"`
	TLS               string `yaml:"tls"`
	CAFile            string `yaml:"ca_file"`
}

// The values of tls.
const (
	tlsVerified = "verify-full"
	tlsOff      = "off"
)

// The credentials of systemd that hold the passwords.
const (
	credential      = "database-password"
	ownerCredential = "database-owner-password"
)

func databaseSection() settings.Section {
	return settings.Section{
		Name: "database",
		Is: scanner.Text{
			FR: "La base PostgreSQL, 15 ou plus récente, d'une région qui a dépassé un seul serveur ; à défaut, SQLite dans le dossier de données.",
			EN: "The PostgreSQL database, 15 or newer, of a region that has outgrown one server; without it, SQLite in the data folder.",
		},
		Keys: settings.Keys{
			"address": {
				FR:      "adresse de la base, avec le rôle de l'application et sans mot de passe ; par un socket : postgres://carescan@/carescan?host=/run/postgresql",
				EN:      "address of the database, with the role of the application and no password; through a socket: postgres://carescan@/carescan?host=/run/postgresql",
				Example: "postgres://carescan@base.centre-regional.example:5432/carescan",
			},
			"password_file": {
				FR: "fichier du mot de passe de ce rôle ; à défaut, le secret systemd « " + credential + " »",
				EN: "file of the password of that role; without it, the systemd credential " + credential, Example: "/etc/carescan/base.mot-de-passe",
			},
			"owner": {
				FR: "rôle propriétaire des tables, que seul « migrate » emploie", EN: "role that owns the tables, which migrate alone uses", Default: "carescan_owner",
			},
			"owner_password_file": {
				FR: "fichier du mot de passe du propriétaire ; à défaut, le secret systemd « " + ownerCredential + " »",
				EN: "file of the password of the owner; without it, the systemd credential " + ownerCredential, Example: "/etc/carescan/proprietaire.mot-de-passe",
			},
			"tls": {
				FR:      "verify-full : chiffré, certificat et nom du serveur vérifiés ; off : sans chiffrement, admis sur cette seule machine",
				EN:      "verify-full: encrypted, certificate and name of the server verified; off: without encryption, accepted on this very machine only",
				Default: tlsVerified,
			},
			"ca_file": {
				FR: "autorités qui certifient le serveur, PEM ; à défaut, celles du système", EN: "authorities that certify the server, PEM; without it, those of the system",
				Example: "/etc/carescan/base-ca.pem",
			},
		},
	}
}

func (d Database) validate() (faults settings.Faults) {
	if d.Address == "" {
		for key, value := range map[string]string{"password_file": d.PasswordFile, "owner_password_file": d.OwnerPasswordFile, "ca_file": d.CAFile} {
			if value != "" {
				faults.Add("database."+key, settings.Say("ce réglage est sans effet sans database.address", "this setting has no effect without database.address"),
					settings.Say("écrivez l'adresse de la base, ou retirez ce réglage", "write the address of the database, or remove this setting"))
			}
		}
		return faults
	}
	p, err := store.ParsePostgres(d.Address)
	switch {
	case errors.Is(err, store.ErrPasswordInAddress):
		faults.Add("database.address", settings.Say("l'adresse contient un mot de passe", "the address holds a password"),
			settings.Say("écrivez le mot de passe dans un fichier, nommé par password_file ; tenez celui-ci pour connu et changez-le",
				"write the password to a file, named by password_file; hold this one for known and change it"))
	case err != nil:
		faults.Add("database.address", settings.Say("ce n'est pas l'adresse d'une base PostgreSQL", "this is not the address of a PostgreSQL database"),
			settings.Say("écrivez par exemple %s", "write for example %s", databaseSection().Keys["address"].Example))
	}
	switch {
	case d.TLS != tlsVerified && d.TLS != tlsOff:
		faults.Add("database.tls", settings.Say("%s n'est ni verify-full ni off", "%s is neither verify-full nor off", settings.Quoted(d.TLS)),
			settings.Say("écrivez verify-full", "write verify-full"))
	case d.TLS == tlsOff && err == nil && !p.Local():
		faults.Add("database.tls", settings.Say("la base est sur une autre machine : le réseau porterait tout en clair", "the database is on another machine: the network would carry all in the clear"),
			settings.Say("écrivez verify-full, et ca_file si le serveur a sa propre autorité", "write verify-full, and ca_file if the server has an authority of its own"))
	case d.TLS == tlsOff && d.CAFile != "":
		faults.Add("database.ca_file", settings.Say("ce réglage est sans effet avec tls: off", "this setting has no effect with tls: off"),
			settings.Say("retirez-le, ou écrivez tls: verify-full", "remove it, or write tls: verify-full"))
	}
	if d.Owner == "" {
		faults.Add("database.owner", settings.Say("un rôle est nécessaire", "a role is needed"), settings.Say("écrivez carescan_owner", "write carescan_owner"))
	}
	return faults
}

// Place is where the region is kept, with the secrets that open it.
func (c Config) Place() (p store.Place, err error) {
	p.Folder = c.Data
	d := c.Database
	if d.Address == "" {
		return p, nil
	}
	database, err := store.ParsePostgres(d.Address)
	if err != nil {
		return p, fmt.Errorf("read database.address: %w", err)
	}
	database.Owner, database.Plain, database.CAFile = d.Owner, d.TLS == tlsOff, d.CAFile
	if database.Password, err = password(d.PasswordFile, credential); err != nil {
		return p, err
	}
	p.Postgres = &database
	return p, nil
}

// PlaceOfOwner is Place with the secret of the owner of the database too.
func (c Config) PlaceOfOwner() (p store.Place, err error) {
	if p, err = c.Place(); err == nil && p.Postgres != nil {
		p.Postgres.OwnerPassword, err = password(c.Database.OwnerPasswordFile, ownerCredential)
	}
	return p, err
}

// password reads a password from its file, else from a credential that systemd gives the
// service; without either, the server asks for none.
func password(file, credential string) (string, error) {
	if file != "" {
		if err := cli.CheckRights(file, cli.SharedAny); err != nil {
			return "", err
		}
	} else if folder := os.Getenv("CREDENTIALS_DIRECTORY"); folder != "" {
		file = filepath.Join(folder, credential)
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) { //nolint:gosec // systemd names the folder
			return "", nil
		}
	}
	if file == "" {
		return "", nil
	}
	raw, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if err != nil {
		return "", fmt.Errorf("read a password of the database: %w", err)
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}
