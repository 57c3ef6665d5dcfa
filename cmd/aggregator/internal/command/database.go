// SPDX-License-Identifier: Apache-2.0

package command

import (
	"errors"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// badStore says why the database is of no use, and what mends it.
func badStore(err error, place store.Place) error {
	if place.Postgres == nil && errors.Is(err, store.ErrOtherKeys) {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "les clés du dossier de données ne sont pas celles de cette région", EN: "the keys of the data folder are not those of this region"},
			Hint: scanner.Text{
				FR: "remettez le dossier keys d'une sauvegarde de cette région",
				EN: "put back folder keys from a backup of this region",
			},
			Cause: err,
		}
	}
	if _, worded := errors.AsType[*cli.Problem](err); worded || place.Postgres == nil {
		return badFolder(err)
	}
	problem := &cli.Problem{
		Sentence: scanner.Text{FR: "la base PostgreSQL ne peut pas être ouverte", EN: "the PostgreSQL database cannot be opened"},
		Hint: scanner.Text{
			FR: "vérifiez database.address, le mot de passe, et que le serveur répond à cette machine",
			EN: "check database.address, the password, and that the server answers this machine",
		},
		Cause: err,
	}
	switch {
	case errors.Is(err, store.ErrOldSchema):
		problem.Sentence = scanner.Text{FR: "le schéma de la base n'est pas celui de ce programme", EN: "the schema of the database is not that of this program"}
		problem.Hint = scanner.Text{FR: "lancez « carescan-aggregator migrate »", EN: "run carescan-aggregator migrate"}
	case errors.Is(err, store.ErrOtherKeys):
		problem.Sentence = scanner.Text{FR: "cette base appartient à une région qui a d'autres clés", EN: "this database belongs to a region that has other keys"}
		problem.Hint = scanner.Text{
			FR: "copiez le dossier keys d'un serveur de cette région dans le dossier de données, ou corrigez database.address",
			EN: "copy the folder keys of a server of that region to the data folder, or correct database.address",
		}
	case errors.Is(err, store.ErrPowerfulRole):
		problem.Sentence = scanner.Text{
			FR: "le rôle de database.address échappe au cloisonnement des établissements",
			EN: "the role of database.address escapes the separation of establishments",
		}
		problem.Hint = scanner.Text{
			FR: "donnez à l'application un rôle à elle : CREATE ROLE carescan LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '…' ; il n'est ni propriétaire des tables, ni membre de leur propriétaire",
			EN: "give the application a role of its own: CREATE ROLE carescan LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '…'; it is neither the owner of the tables nor a member of it",
		}
	case errors.Is(err, store.ErrUnguarded):
		problem.Sentence = scanner.Text{FR: "des tables de la base ne sont pas cloisonnées", EN: "tables of the database are not separated by establishment"}
		problem.Hint = scanner.Text{
			FR: "sous le rôle propriétaire, pour chaque table nommée : SELECT carescan_guard('table') ; puis cherchez qui a retiré cette protection",
			EN: "as the owner, for each table named: SELECT carescan_guard('table'); then find who removed that protection",
		}
	case errors.Is(err, store.ErrUnlikeSettings):
		problem.Sentence = scanner.Text{FR: "la base PostgreSQL n'est pas réglée comme la région en a besoin", EN: "the PostgreSQL database is not set as the region needs"}
		problem.Hint = scanner.Text{
			FR: "serveur en version 15 ou plus récente, fsync, full_page_writes et synchronous_commit à on ; base créée par CREATE DATABASE carescan OWNER carescan_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'",
			EN: "server of version 15 or newer, fsync, full_page_writes and synchronous_commit on; database made by CREATE DATABASE carescan OWNER carescan_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'",
		}
	}
	return problem
}
