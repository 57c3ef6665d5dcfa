// SPDX-License-Identifier: Apache-2.0

package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"carescan/checks"
	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/config"
	"carescan/cmd/aggregator/internal/evidence"
	"carescan/cmd/aggregator/internal/judge"
	"carescan/cmd/aggregator/internal/keyfile"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/profiles"
	"carescan/scanner"
)

// region is an opened data folder: what is kept, who certifies, who signs in.
type region struct {
	settings  config.Config
	store     *store.Store
	authority *authority.Authority
	accounts  *account.Accounts
	profiles  *profiles.Set
	judge     *judge.Judge
	evidence  *evidence.Log
}

// openRegion opens the data folder of a region, which "init" has made: a mistyped name
// must not make another one.
func openRegion(ctx context.Context, c config.Config) (*region, error) {
	place, err := c.Place()
	if err != nil {
		return nil, badSettings(err)
	}
	if !place.Exists() {
		return nil, noRegion(c.Data)
	}
	return makeRegion(ctx, c, place)
}

func noRegion(folder string) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "le dossier " + folder + " ne contient pas de région", EN: "folder " + folder + " holds no region"},
		Hint: scanner.Text{
			FR: "vérifiez --data, ou créez une région avec « carescan-aggregator init »",
			EN: "check --data, or make a region with carescan-aggregator init",
		},
	}
}

// makeRegion opens the data folder of a region, and makes what it lacks.
func makeRegion(ctx context.Context, c config.Config, place store.Place) (*region, error) {
	if err := cli.CheckRights(c.Data, cli.SharedWrite); err != nil {
		return nil, badFolder(err)
	}
	if err := cli.CheckRights(filepath.Join(c.Data, "keys"), cli.SharedWrite); err != nil {
		return nil, badFolder(err)
	}
	s, err := store.Open(ctx, place)
	if err != nil {
		return nil, badStore(err, place)
	}
	r := &region{settings: c, store: s}
	if err := r.checkMoved(ctx, place); err != nil {
		return nil, r.close(badStore(err, place))
	}
	if err := r.openKeys(); err != nil {
		return nil, r.close(badFolder(err))
	}
	if err := r.bindKeys(ctx, place); err != nil {
		return nil, r.close(badStore(err, place))
	}
	return r, nil
}

// checkMoved refuses to begin an empty region beside one that was not moved.
func (r *region) checkMoved(ctx context.Context, place store.Place) error {
	if place.Postgres == nil {
		return nil
	}
	bound, err := r.store.IsBound(ctx)
	if err != nil || bound || !(store.Place{Folder: place.Folder}).Exists() {
		return err
	}
	return &cli.Problem{
		Sentence: scanner.Text{
			FR: "la région du dossier de données n'a pas été déplacée vers cette base PostgreSQL",
			EN: "the region of the data folder was not moved to this PostgreSQL database",
		},
		Hint: scanner.Text{
			FR: "lancez « carescan-aggregator migrate --to » avec l'adresse de la base, ou retirez database.address",
			EN: "run carescan-aggregator migrate --to with the address of the database, or remove database.address",
		},
	}
}

// bindKeys has a database belong to the keys beside it: with others, no agent would be
// known, and every row would be told as edited.
func (r *region) bindKeys(ctx context.Context, place store.Place) error {
	secret, err := authority.OpenSecret(place.Folder)
	if err != nil {
		return err
	}
	rows, err := keyfile.Secret(place.Folder, store.RowKey)
	if err != nil {
		return err
	}
	return r.store.Bind(ctx, authority.HashSecret("the keys of a region\x00"+string(secret)+string(rows)))
}

func (r *region) openKeys() (err error) {
	if r.authority, err = authority.Open(r.settings.Data); err != nil {
		return err
	}
	if err := r.store.OpenRowKey(); err != nil {
		return err
	}
	stamping, faults := r.settings.Stamp.Authorities()
	if err := faults.Err(); err != nil {
		return badSettings(err)
	}
	authorities := make([]evidence.Authority, 0, len(stamping))
	for _, s := range stamping {
		authorities = append(authorities, evidence.Authority(s))
	}
	r.evidence = evidence.New(r.store, r.authority, authorities, slog.Default())
	secret, err := authority.OpenSecret(r.settings.Data)
	if err != nil {
		return err
	}
	if r.accounts, err = account.New(r.store, secret, "CareScan"); err != nil {
		return err
	}
	return r.openProfiles()
}

// openProfiles reads by what the region judges.
func (r *region) openProfiles() (err error) {
	var own fs.FS
	if r.settings.ProfilesFolder != "" {
		own = os.DirFS(r.settings.ProfilesFolder)
	}
	if r.profiles, err = profiles.Load(checks.All(), own); err != nil {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "un profil ou un référentiel de la région n'est pas valable", EN: "a profile or a catalog of the region is not valid"},
			Hint:     scanner.Text{FR: "corrigez le fichier nommé, ou retirez profiles_folder", EN: "correct the file named, or remove profiles_folder"},
			Cause:    err,
		}
	}
	r.judge = judge.New(checks.All(), r.profiles, cli.Software("carescan-agent"))
	return nil
}

func (r *region) close(err error) error { return errors.Join(err, r.store.Close()) }

// badFolder says why the data folder is of no use; what has its own words keeps
// them.
func badFolder(err error) error {
	if problem, ok := errors.AsType[*cli.Problem](err); ok {
		return problem
	}
	return &cli.Problem{
		Sentence: scanner.Text{FR: "le dossier de données ne peut pas être ouvert", EN: "the data folder cannot be opened"},
		Hint: scanner.Text{
			FR: "vérifiez ses droits, ou choisissez-en un autre avec --data",
			EN: "check its rights, or choose another with --data",
		},
		Cause: err,
	}
}

// addresses is where the two interfaces are reached.
type addresses struct {
	Agent string `json:"agent"`
	Web   string `json:"web"`
}

// addresses are those of the settings, else those of the last time it served.
func (r *region) addresses() (addresses, error) {
	known := addresses{r.settings.Agent.URL, r.settings.Web.URL}
	if known.Agent != "" && known.Web != "" {
		return known, nil
	}
	raw, err := os.ReadFile(r.addressFile())
	if err != nil {
		return known, noAddress(err)
	}
	var last addresses
	if err := json.Unmarshal(raw, &last); err != nil {
		return known, noAddress(err)
	}
	known.Agent, known.Web = cmp.Or(known.Agent, last.Agent), cmp.Or(known.Web, last.Web)
	return known, nil
}

func (r *region) addressFile() string { return filepath.Join(r.settings.Data, "addresses.json") }

func noAddress(err error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "l'adresse de l'agrégateur n'est pas encore connue", EN: "the address of the aggregator is not known yet"},
		Hint: scanner.Text{
			FR: "réglez agent.url et web.url, ou lancez d'abord « carescan-aggregator serve »",
			EN: `set agent.url and web.url, or start "carescan-aggregator serve" first`,
		},
		Cause: err,
	}
}

// writeAddresses replaces a file at once, so that a reader never sees half.
func writeAddresses(path string, a addresses) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode addresses: %w", err)
	}
	next := path + ".new"
	if err := os.WriteFile(next, raw, 0o600); err != nil {
		return fmt.Errorf("write addresses: %w", err)
	}
	return os.Rename(next, path)
}
